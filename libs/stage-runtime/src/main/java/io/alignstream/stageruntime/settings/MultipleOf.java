package io.alignstream.stageruntime.settings;

import static java.lang.annotation.ElementType.METHOD;

import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.jspecify.annotations.Nullable;

/** A whole number that this one divides without a rest. */
@Constraint(validatedBy = MultipleOf.Check.class)
@Target(METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface MultipleOf {

    /** The divisor. */
    int value();

    String message() default "is ${validatedValue} but must be a multiple of {value}";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};

    /** The check. */
    final class Check implements ConstraintValidator<MultipleOf, Integer> {

        private int divisor = 1;

        @Override
        public void initialize(MultipleOf multiple) {
            divisor = multiple.value();
        }

        @Override
        public boolean isValid(@Nullable Integer value, ConstraintValidatorContext context) {
            return value == null || value % divisor == 0;
        }
    }
}
