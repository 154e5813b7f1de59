package io.alignstream.stageruntime.settings;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** What a setting was called before: whoever still says so is told the new name. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.SOURCE)
public @interface FormerName {

    /** Full name of the property. */
    String value();
}
