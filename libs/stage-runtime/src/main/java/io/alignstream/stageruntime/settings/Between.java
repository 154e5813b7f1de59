package io.alignstream.stageruntime.settings;

import static java.lang.annotation.ElementType.METHOD;

import jakarta.validation.Constraint;
import jakarta.validation.OverridesAttribute;
import jakarta.validation.Payload;
import jakarta.validation.ReportAsSingleViolation;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A number in this range, both ends included. */
@DecimalMin("0")
@DecimalMax("0")
@ReportAsSingleViolation
@Constraint(validatedBy = {})
@Target(METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Between {

    /** Least value. */
    @OverridesAttribute(constraint = DecimalMin.class, name = "value")
    String least();

    /** Greatest value. */
    @OverridesAttribute(constraint = DecimalMax.class, name = "value")
    String greatest();

    String message() default "is ${validatedValue} but must lie between {least} and {greatest}";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};
}
