package io.alignstream.contracts.exchange;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** The fields of an element as files of any kind give them: tables have lists and objects as JSON texts. */
final class ElementFields {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private ElementFields() {}

    /** Whether {@code value} says nothing: it is missing, null, or the NaN that programs in Python write for a missing text. */
    static boolean isNothing(@Nullable JsonNode value) {
        return value == null
                || value.isMissingNode()
                || value.isNull()
                || value.isNumber() && Double.isNaN(value.doubleValue());
    }

    /**
     * What {@code json}'s field says; empty if there is none.
     *
     * @throws InvalidInputException if it is no text
     */
    static String text(JsonNode json, String field) {
        JsonNode value = json.path(field);
        if (value.isContainerNode() || value.isBinary()) {
            throw wanted(field, "json.text");
        }
        return isNothing(value) ? "" : value.asText("");
    }

    /**
     * What {@code json}'s field says, which may be nothing.
     *
     * @throws InvalidInputException if it is missing or no text
     */
    static String said(JsonNode json, String field) {
        if (isNothing(json.get(field))) {
            throw wanted(field, "json.text");
        }
        return text(json, field);
    }

    /** The number that {@code json} is, if it is a finite one; tables have numbers as texts. */
    static OptionalDouble number(JsonNode json) {
        try {
            double value = json.isNumber()
                    ? json.doubleValue()
                    : Double.parseDouble(json.asText("").strip());
            return Double.isFinite(value) ? OptionalDouble.of(value) : OptionalDouble.empty();
        } catch (NumberFormatException e) {
            return OptionalDouble.empty();
        }
    }

    /** The turns that {@code value} lists, or is; empty if it is a text or nothing. A text may well be JSON, but not of turns. */
    static Optional<List<JsonNode>> turns(@Nullable JsonNode value) {
        JsonNode unpacked = unpacked(value);
        List<JsonNode> turns = unpacked.isObject()
                ? List.of(unpacked)
                : StreamSupport.stream(unpacked.spliterator(), false).toList();
        boolean text = unpacked != value
                && !(!turns.isEmpty() && turns.stream().allMatch(turn -> turn.has("role") || turn.has("from")));
        return text || !unpacked.isContainerNode() ? Optional.empty() : Optional.of(turns);
    }

    /**
     * What {@code json}'s field lists; empty if there is none.
     *
     * @throws InvalidInputException if it is no list
     */
    static List<JsonNode> list(ObjectNode json, String field) {
        JsonNode value = unpacked(json.get(field));
        if (!value.isArray() && !value.isNull()) {
            throw wanted(field, "json.list");
        }
        return StreamSupport.stream(value.spliterator(), false).toList();
    }

    /** {@code value}, or what it says where it is the JSON text of a list or object; null if it says nothing or is blank. */
    static JsonNode unpacked(@Nullable JsonNode value) {
        if (value == null
                || isNothing(value)
                || value.isTextual() && value.textValue().isBlank()) {
            return NullNode.getInstance();
        }
        String text = value.isTextual() ? value.textValue().strip() : "";
        if (text.startsWith("[") || text.startsWith("{")) {
            try {
                return JSON.readTree(text);
            } catch (JsonProcessingException e) {
                return value; // and is no list, which its reader says
            }
        }
        return value;
    }

    /** What to say of a field that is not of {@code kind}, for example {@code json.list}. */
    static InvalidInputException wanted(String field, String kind) {
        return new InvalidInputException(Reason.of("exchange.wrongField")
                .with("field", field)
                .with("detail", Reason.of("json.wanted").with("wanted", Reason.of(kind))));
    }
}
