package io.alignstream.inference.openai.request;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.check.JsonFault;
import io.alignstream.contracts.messages.Reason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;

/** A JSON object from a client, field by field; every complaint names the field, its value and what is allowed. */
public final class Body {

    private static final int LONGEST_SHOWN = 80;
    /** Of JSON. A megabyte of empty objects takes thirty of memory; a conversation has far fewer parts. */
    static final int MOST_TOKENS = 65_536;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            // Numbers stay what they are: 1e999 is no infinity, and 100.0 is written so again.
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    static {
        JSON.getFactory()
                .setStreamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(32)
                        .maxTokenCount(MOST_TOKENS)
                        .build());
    }

    private final ObjectNode fields;

    private Body(ObjectNode fields) {
        this.fields = fields;
    }

    /** Reads the body of a request. */
    public static Body of(byte[] json) {
        try {
            if (JSON.readTree(json) instanceof ObjectNode object) {
                return new Body(object);
            }
            throw ApiException.invalid(null, Reason.of("api.noObject"));
        } catch (JsonProcessingException e) {
            throw ApiException.invalid(null, Reason.of("api.notJson").with("detail", JsonFault.of(e)));
        } catch (IOException e) {
            throw ApiException.invalid(null, Reason.of("api.notJson").with("detail", String.valueOf(e.getMessage())));
        }
    }

    /**
     * JSON inside a text of a body, by the same bounds.
     *
     * @param left how many more tokens of JSON may come in this way with one body; what this one has is taken off
     * @throws JsonProcessingException if it is none, or more
     */
    static JsonNode within(String text, AtomicInteger left) throws JsonProcessingException {
        try (JsonParser parser = JSON.createParser(text)) {
            JsonNode read = JSON.readTree(parser);
            if (parser.nextToken() != null || left.addAndGet((int) -parser.currentTokenCount()) < 0) {
                throw new JsonParseException(parser, "more than one value, or more than " + MOST_TOKENS + " tokens");
            }
            return read == null ? MissingNode.getInstance() : read;
        } catch (JsonProcessingException e) {
            throw e;
        } catch (IOException e) {
            throw new UncheckedIOException("a text in memory cannot be read", e);
        }
    }

    /** Names of all fields that are there. */
    public Iterable<String> names() {
        return fields::fieldNames;
    }

    /** The field's value; null stands for absent. */
    public Optional<JsonNode> field(String name) {
        return Optional.ofNullable(fields.get(name)).filter(value -> !value.isNull());
    }

    /** The field's text; empty if it is absent or null. */
    public Optional<String> text(String name) {
        return field(name).map(value -> {
            if (!value.isTextual()) {
                throw wrong(name, value, Reason.of("api.mustBeString"));
            }
            return value.textValue();
        });
    }

    /** Whether the field is true. */
    public boolean flag(String name) {
        return field(name)
                .map(value -> {
                    if (!value.isBoolean()) {
                        throw wrong(name, value, Reason.of("api.mustBeFlag"));
                    }
                    return value.booleanValue();
                })
                .orElse(false);
    }

    /** The field's number, which lies between {@code least} and {@code most}. */
    public double number(String name, double least, double most, double otherwise) {
        return field(name)
                .map(value -> {
                    if (!value.isNumber() || value.doubleValue() < least || value.doubleValue() > most) {
                        throw wrong(
                                name,
                                value,
                                Reason.of("api.mustBeNumber")
                                        .with("least", shown(least))
                                        .with("most", shown(most)));
                    }
                    return value.doubleValue();
                })
                .orElse(otherwise);
    }

    /** The field's whole number, which lies between {@code least} and {@code most}. */
    public OptionalLong integer(String name, long least, long most) {
        Optional<JsonNode> field = field(name);
        if (field.isEmpty()) {
            return OptionalLong.empty();
        }
        JsonNode value = field.get();
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw wrong(name, value, Reason.of("api.mustBeInteger"));
        }
        if (value.longValue() < least || value.longValue() > most) {
            throw wrong(
                    name,
                    value,
                    Reason.of("api.mustBeIntegerFrom")
                            .with("least", Long.toString(least))
                            .with("most", Long.toString(most)));
        }
        return OptionalLong.of(value.longValue());
    }

    /** The complaint that {@code value} of {@code param} breaks {@code rule}. */
    public static ApiException wrong(String param, JsonNode value, Reason rule) {
        return ApiException.invalid(
                param,
                Reason.of("api.wrong")
                        .with("parameter", param)
                        .with("rule", rule)
                        .with("value", shown(value)));
    }

    private static String shown(JsonNode value) {
        String json = value.toString();
        return json.length() <= LONGEST_SHOWN ? json : json.substring(0, LONGEST_SHOWN) + "…";
    }

    private static String shown(double number) {
        return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
    }
}
