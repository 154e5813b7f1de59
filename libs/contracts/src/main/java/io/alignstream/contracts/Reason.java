package io.alignstream.contracts;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Something that people are told, before it is a sentence of any language: pages, commands and logs render it with the
 * catalogue of their reader ({@link io.alignstream.contracts.messages.Messages}).
 *
 * <pre>{@code
 * Reason.of("sft.tooFewInstructions").with("needed", 100).with("there", 7)
 * }</pre>
 *
 * @param code names the sentence in the catalogues
 * @param arguments what fills the sentence's placeholders: texts, numbers (whole ones are {@code Long}, others {@code
 *     Double}) and further reasons
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Reason(String code, Map<String, Object> arguments) {

    public Reason {
        Check.id("code", code);
        Map<String, Object> checked = new LinkedHashMap<>();
        arguments.forEach(
                (name, value) -> checked.put(Check.id("an argument of " + code, name), argument(name, value)));
        arguments = Collections.unmodifiableMap(checked);
    }

    /** The sentence {@code code}, without arguments so far. */
    public static Reason of(String code) {
        return new Reason(code, Map.of());
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

    private static Object argument(String name, @Nullable Object value) {
        return switch (value) {
            case String text -> text;
            case Reason reason -> reason;
            case Double number -> number;
            case Float number -> number.doubleValue();
            case Number number -> number.longValue();
            case null, default ->
                throw new IllegalArgumentException(
                        "argument " + name + " must be a text, a number or a reason but is " + value);
        };
    }

    @JsonCreator
    static Reason of(
            @JsonProperty("code") String code, @JsonProperty("arguments") @Nullable Map<String, JsonNode> arguments) {
        Map<String, Object> values = new LinkedHashMap<>();
        if (arguments != null) {
            arguments.forEach((name, value) -> values.put(name, value(name, value)));
        }
        return new Reason(code, values);
    }

    private static Object value(String name, JsonNode json) {
        if (json.isTextual()) {
            return json.textValue();
        }
        if (json.isNumber()) {
            return json.isIntegralNumber() ? (Object) json.longValue() : json.doubleValue();
        }
        if (json.isObject()) {
            Map<String, JsonNode> arguments = new LinkedHashMap<>();
            json.path("arguments").properties().forEach(entry -> arguments.put(entry.getKey(), entry.getValue()));
            return of(json.path("code").asText(), arguments);
        }
        return argument(name, null);
    }
}
