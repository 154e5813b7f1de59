package io.alignstream.stageruntime.settings;

import static java.lang.annotation.ElementType.METHOD;
import static java.lang.annotation.ElementType.TYPE_USE;

import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A time in this range, both ends included. */
@Constraint(validatedBy = Lasting.Check.class)
@Target({METHOD, TYPE_USE})
@Retention(RetentionPolicy.RUNTIME)
public @interface Lasting {

    /** Shortest time, as in ISO 8601. */
    String least();

    /** Longest time, as in ISO 8601. */
    String greatest();

    String message() default "is ${validatedValue} but must lie between {least} and {greatest}";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};

    /** The check. */
    final class Check implements ConstraintValidator<Lasting, Duration> {

        private Duration least = Duration.ZERO;
        private Duration greatest = Duration.ZERO;

        @Override
        public void initialize(Lasting range) {
            least = Duration.parse(range.least());
            greatest = Duration.parse(range.greatest());
        }

        @Override
        public boolean isValid(@Nullable Duration value, ConstraintValidatorContext context) {
            return value == null || (value.compareTo(least) >= 0 && value.compareTo(greatest) <= 0);
        }
    }
}
