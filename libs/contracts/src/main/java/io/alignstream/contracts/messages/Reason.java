package io.alignstream.contracts.messages;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Something that people are told, before it is a sentence of any language: pages, commands and logs render it with the
 * catalogue of their reader ({@link Messages}).
 *
 * <pre>{@code
 * Reason.of("sft.tooFewInstructions").with("needed", 100).with("there", 7)
 * }</pre>
 *
 * @param code names the sentence in the catalogues
 * @param arguments what fills the sentence's placeholders: texts, numbers (whole ones are {@code Long}, others {@code
 *     Double}; what is no finite number becomes a text) and further reasons
 */
public record Reason(String code, Map<String, Object> arguments) {

    private static final int MAX_NAME = 256;

    public Reason {
        requireName("the code", code);
        Map<String, Object> checked = new LinkedHashMap<>();
        arguments.forEach((name, value) -> {
            requireName("an argument of " + code, name);
            checked.put(name, argument(name, value));
        });
        arguments = Collections.unmodifiableMap(checked);
    }

    /** The sentence {@code code}, without arguments so far. */
    public static Reason of(String code) {
        return new Reason(code, Map.of());
    }

    /** What a person wrote, or a record of an older version holds: it stands in no catalogue. */
    public static Reason verbatim(String text) {
        return of("verbatim").with("text", text);
    }

    /** The same with a text in place of {@code name}. */
    public Reason with(String name, String text) {
        return adding(name, text);
    }

    /** The same with a whole number in place of {@code name}. */
    public Reason with(String name, long number) {
        return adding(name, number);
    }

    /** The same with a number in place of {@code name}. */
    public Reason with(String name, double number) {
        return adding(name, number);
    }

    /** The same with another sentence in place of {@code name}. */
    public Reason with(String name, Reason reason) {
        return adding(name, reason);
    }

    /** This sentence and, behind it, another one. */
    public Reason and(Reason next) {
        return of("and").with("first", this).with("next", next);
    }

    private Reason adding(String name, Object value) {
        Map<String, Object> more = new LinkedHashMap<>(arguments);
        more.put(name, value);
        return new Reason(code, more);
    }

    private static void requireName(String what, @Nullable String name) {
        if (name == null || name.isBlank() || name.length() > MAX_NAME) {
            throw new IllegalArgumentException(what + " must have 1 to " + MAX_NAME + " characters but is " + name);
        }
    }

    private static Object argument(String name, @Nullable Object value) {
        return switch (value) {
            case String text -> text;
            case Reason reason -> reason;
            case Double number -> finite(number);
            case Float number -> finite(number.doubleValue());
            case Number number -> number.longValue();
            case null, default ->
                throw new IllegalArgumentException(
                        "argument " + name + " must be a text, a number or a reason but is " + value);
        };
    }

    /** JSON has no other numbers: what is none is a text before it is written, as it would be behind that. */
    private static Object finite(double number) {
        return Double.isFinite(number) ? (Object) number : Double.toString(number);
    }

    /**
     * Reads what JSON holds of a reason; further fields are left alone.
     *
     * @throws IllegalArgumentException if it holds none
     */
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static Reason of(JsonNode json) {
        JsonNode code = json.path("code");
        JsonNode arguments = json.path("arguments");
        if (!code.isTextual() || !(arguments.isObject() || arguments.isNull() || arguments.isMissingNode())) {
            throw new IllegalArgumentException("a reason has a code and, perhaps, arguments by name but is " + json);
        }
        Map<String, Object> values = new LinkedHashMap<>();
        arguments.properties().forEach(entry -> values.put(entry.getKey(), value(entry.getKey(), entry.getValue())));
        return new Reason(code.textValue(), values);
    }

    private static Object value(String name, JsonNode json) {
        if (json.isNumber()) {
            return json.isIntegralNumber() && json.canConvertToLong()
                    ? (Object) json.longValue()
                    : finite(json.doubleValue());
        }
        return json.isObject() ? of(json) : argument(name, json.textValue());
    }
}
