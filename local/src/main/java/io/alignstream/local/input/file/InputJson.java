package io.alignstream.local.input.file;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.alignstream.contracts.check.JsonFault;
import io.alignstream.contracts.messages.Messages;
import java.nio.file.Path;

/** JSON of the user's files: strict, and with complaints that a user understands. */
public final class InputJson {

    private static final int SHOWN = 60;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            // Python writes NaN: what has it in a field that is not read does no harm, and the contracts ask for finite
            // numbers.
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .withCoercionConfig(
                    LogicalType.Float, config -> config.setCoercion(CoercionInputShape.String, CoercionAction.Fail))
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();

    static {
        JSON.getFactory()
                .setStreamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(32)
                        .maxStringLength(LineReader.MAX_LINE_BYTES)
                        .build());
    }

    private InputJson() {}

    /** The JSON object that is {@code text}, which stands in {@code line}. */
    public static ObjectNode object(Path file, long line, String text) {
        return object(file, "line " + line, text);
    }

    /** The JSON object that is {@code text}, which stands at {@code place}. */
    public static ObjectNode object(Path file, String place, String text) {
        try {
            if (JSON.readTree(text) instanceof ObjectNode object) {
                return object;
            }
            throw new InputException(file, place, "must be a JSON object but is " + shown(text));
        } catch (JsonProcessingException e) {
            throw new InputException(
                    file,
                    place,
                    text.strip().startsWith("[")
                            ? "a list begins here; write one JSON object a line, without brackets around all of them"
                            : "not valid JSON: " + Messages.english(JsonFault.of(e)));
        }
    }

    /** The JSON of a record, the same for equal records. */
    public static String write(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write " + value.getClass() + ": " + e.getOriginalMessage(), e);
        }
    }

    /** The beginning of a value, for messages. */
    public static String shown(Object value) {
        String text = value.toString();
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
    }
}
