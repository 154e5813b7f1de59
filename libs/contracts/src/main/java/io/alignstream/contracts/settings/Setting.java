package io.alignstream.contracts.settings;

import java.util.List;
import java.util.Locale;

/**
 * One setting of the services.
 *
 * @param name full name of the property, for example {@code alignstream.sft.epochs}; one that ends in {@code .*} stands
 *     for every name that begins so
 * @param range what it may be, in words
 * @param defaultValue as a configuration source would have it, <code>${name:value}</code> for that of another setting;
 *     empty if there is none
 * @param formerNames what it was called before
 */
public record Setting(String name, String meaning, String range, String defaultValue, List<String> formerNames) {

    private static final String ANY = "*";

    public Setting {
        formerNames = List.copyOf(formerNames);
    }

    /** The part of the pipeline that reads it: the second part of its name, for example {@code sft}. */
    public String group() {
        return name.split("\\.", -1)[1];
    }

    /** The environment variable that sets it. */
    public String variable() {
        return variable(name.endsWith(ANY) ? name.substring(0, name.length() - 1) : name)
                + (name.endsWith(ANY) ? ANY : "");
    }

    /** Whether a property of this name is this setting. */
    boolean isNamed(String property) {
        return matches(name, property);
    }

    /** Whether an environment variable of this name is this setting. */
    public boolean isSetBy(String variable) {
        return matches(variable(), variable);
    }

    private static boolean matches(String pattern, String text) {
        return pattern.endsWith(ANY)
                ? text.startsWith(pattern.substring(0, pattern.length() - 1))
                : text.equals(pattern);
    }

    private static String variable(String property) {
        return property.replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT);
    }
}
