package io.alignstream.stageruntime.settings;

import static java.lang.annotation.ElementType.TYPE;

import io.alignstream.contracts.settings.SettingsCatalogue;
import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.reflect.InvocationTargetException;
import java.util.List;

/**
 * Settings that must also go together.
 *
 * <p>The interface's own methods say so: each one that is named here puts settings together, and throws an {@link
 * IllegalArgumentException} that begins with a setting's name where that cannot be done.
 */
@Constraint(validatedBy = Consistent.Check.class)
@Target(TYPE)
@Retention(RetentionPolicy.RUNTIME)
public @interface Consistent {

    /** Names of methods without parameters. */
    String[] value();

    String message() default "do not go together";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};

    /** The check. */
    final class Check implements ConstraintValidator<Consistent, Object> {

        private List<String> methods = List.of();

        @Override
        public void initialize(Consistent consistent) {
            methods = List.of(consistent.value());
        }

        @Override
        public boolean isValid(Object settings, ConstraintValidatorContext context) {
            context.disableDefaultConstraintViolation();
            boolean valid = true;
            for (String method : methods) {
                try {
                    settings.getClass().getMethod(method).invoke(settings);
                } catch (InvocationTargetException e) {
                    // Anything else comes of a single value that is missing or out of its range, which is reported as
                    // such.
                    if (e.getCause() instanceof IllegalArgumentException refused
                            && refused.getMessage() instanceof String message
                            && message.startsWith(SettingsCatalogue.PREFIX)) {
                        context.buildConstraintViolationWithTemplate(literal(message))
                                .addConstraintViolation();
                        valid = false;
                    }
                } catch (ReflectiveOperationException e) {
                    throw new IllegalStateException(method + " of " + settings.getClass() + " cannot be called", e);
                }
            }
            return valid;
        }

        /** A template in which nothing is replaced: what looks like a placeholder is a part of somebody's value. */
        private static String literal(String message) {
            return message.replaceAll("[\\\\{}$]", "\\\\$0");
        }
    }
}
