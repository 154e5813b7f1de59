package io.alignstream.contracts.check;

import io.alignstream.contracts.messages.Reason;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the events' compact constructors ask of their values; every failure, an {@link
 * InvalidInputException}, names the field, the value and the bound.
 */
public final class Check {

    static final int MAX_ID = 256;
    /** Most entries of {@link #labels}. */
    public static final int MAX_LABELS = 64;
    /** Longest label. */
    public static final int MAX_LABEL = 1_024;

    static final int MAX_FIGURES = 1_000;

    private Check() {}

    /** A short text that is not blank. */
    public static String id(String field, @Nullable String value) {
        return text(field, value, MAX_ID);
    }

    /** A text that is not blank. */
    public static String text(String field, @Nullable String value, int maxLength) {
        if (value == null || value.isBlank()) {
            throw new InvalidInputException(Reason.of("invalid.blank").with("field", field));
        }
        return bounded(field, value, maxLength);
    }

    /** A text that may be blank. */
    public static String bounded(String field, @Nullable String value, int maxLength) {
        if (value == null) {
            throw new InvalidInputException(Reason.of("invalid.missing").with("field", field));
        }
        if (value.length() > maxLength) {
            throw new InvalidInputException(Reason.of("invalid.tooLong")
                    .with("field", field)
                    .with("characters", value.length())
                    .with("most", maxLength));
        }
        requireWholeCharacters(field, value);
        return value;
    }

    /** Half a surrogate pair decodes from JSON but cannot be written as UTF-8: the stage that passes it on would fail. */
    private static void requireWholeCharacters(String field, String value) {
        for (int i = 0; i < value.length(); i++) {
            if (Character.isSurrogate(value.charAt(i))) {
                if (!Character.isSupplementaryCodePoint(value.codePointAt(i))) {
                    throw new InvalidInputException(Reason.of("invalid.halfCharacter")
                            .with("field", field)
                            .with("index", i));
                }
                i++;
            }
        }
    }

    /** Anything but null. */
    public static <T> T present(String field, @Nullable T value) {
        if (value == null) {
            throw new InvalidInputException(Reason.of("invalid.missing").with("field", field));
        }
        return value;
    }

    /** A hash in lower-case hexadecimal digits. */
    public static String sha256(String field, @Nullable String value) {
        if (value == null || !value.matches("[0-9a-f]{64}")) {
            throw new InvalidInputException(
                    Reason.of("invalid.sha256").with("field", field).with("value", String.valueOf(value)));
        }
        return value;
    }

    /** A copy of {@code values}, none of them null; null counts as empty. */
    public static <T> List<T> list(String field, @Nullable List<T> values, int min, int max) {
        int size = values == null ? 0 : values.size();
        if (size < min || size > max) {
            throw new InvalidInputException(Reason.of("invalid.entries")
                    .with("field", field)
                    .with("entries", size)
                    .with("least", min)
                    .with("most", max));
        }
        if (values == null) {
            return List.of();
        }
        for (int i = 0; i < size; i++) {
            present(field + "[" + i + "]", values.get(i));
        }
        return List.copyOf(values);
    }

    /** A copy of {@code values}; null counts as empty. */
    public static Map<String, String> labels(String field, @Nullable Map<String, String> values) {
        if (values == null) {
            return Map.of();
        }
        atMost(field, values.size(), MAX_LABELS);
        values.forEach((key, value) -> {
            id(field + ".keys", key);
            bounded(field + "." + key, value, MAX_LABEL);
        });
        return Map.copyOf(values);
    }

    /** A copy of {@code values}, none of them null, under short names; null counts as empty. */
    public static <T> Map<String, T> named(String field, @Nullable Map<String, T> values) {
        if (values == null) {
            return Map.of();
        }
        atMost(field, values.size(), MAX_LABELS);
        values.forEach((key, value) -> present(field + "." + id(field + ".keys", key), value));
        return Map.copyOf(values);
    }

    private static void atMost(String field, int entries, int max) {
        if (entries > max) {
            throw new InvalidInputException(Reason.of("invalid.entries")
                    .with("field", field)
                    .with("entries", entries)
                    .with("least", 0)
                    .with("most", max));
        }
    }

    /** A copy of {@code values}, all of them finite; null counts as empty. */
    public static Map<String, Double> figures(String field, @Nullable Map<String, Double> values) {
        if (values == null) {
            return Map.of();
        }
        atMost(field, values.size(), MAX_FIGURES);
        values.forEach((key, value) -> finite(field + "." + id(field + ".keys", key), value));
        return values.entrySet().stream().collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /** A number that is neither infinite nor missing. */
    public static double finite(String field, @Nullable Double value) {
        if (value == null || !Double.isFinite(value)) {
            throw new InvalidInputException(
                    Reason.of("invalid.notFinite").with("field", field).with("value", String.valueOf(value)));
        }
        return value;
    }

    /** A number that is not below {@code min}. */
    public static long atLeast(String field, long value, long min) {
        if (value < min) {
            throw new InvalidInputException(Reason.of("invalid.tooSmall")
                    .with("field", field)
                    .with("value", value)
                    .with("least", min));
        }
        return value;
    }

    /** Fails if two of {@code values} have the same key. */
    public static <T> void unique(String field, List<T> values, Function<T, ?> key) {
        if (values.stream().map(key).distinct().count() != values.size()) {
            throw new InvalidInputException(
                    Reason.of("invalid.twice").with("field", field).with("values", values.toString()));
        }
    }
}
