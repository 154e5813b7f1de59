package io.alignstream.contracts;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.alignstream.contracts.check.JsonFault;
import io.alignstream.contracts.messages.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * JSON data with CloudEvents attributes, thread-safe: written with the attributes in the record headers (binary content mode
 * of the CloudEvents Kafka protocol binding, {@code ce_*} headers), read in the structured content mode, too (header {@code
 * content-type} {@code application/cloudevents+json}, attributes and {@code data} in the value).
 *
 * <p>The type attribute is {@code io.alignstream.NAME.vVERSION}. Unknown JSON fields are ignored so that a later minor
 * addition still decodes; a missing or unknown type is refused.
 */
public final class CloudEventCodec<T> implements Topic.Codec<T> {

    /** Of JSON, in one event: the largest, a snapshot of 100,000 partitions, has fewer. */
    private static final int MOST_TOKENS = 1_000_000;

    static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
            .withCoercionConfig(
                    LogicalType.Float, config -> config.setCoercion(CoercionInputShape.String, CoercionAction.Fail))
            .withCoercionConfig(
                    LogicalType.Textual, config -> config.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
            .build();

    static {
        JSON.getFactory()
                .setStreamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(32)
                        .maxStringLength(8_000_000)
                        .maxTokenCount(MOST_TOKENS)
                        .build());
    }

    /** The content type of events whose attributes stand beside their data in the value. */
    private static final String STRUCTURED = "application/cloudevents";

    private final Class<T> eventClass;
    private final String type;

    /** An event called {@code name} in its version {@code version}. */
    public CloudEventCodec(Class<T> eventClass, String name, int version) {
        this.eventClass = eventClass;
        this.type = "io.alignstream." + name + ".v" + version;
    }

    /** The CloudEvents type attribute, for example {@code io.alignstream.document.v1}. */
    public String type() {
        return type;
    }

    @Override
    public byte[] encode(T event, String source, Headers headers) {
        stamp(source, headers);
        try {
            return JSON.writeValueAsBytes(event);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write " + type + " as JSON: " + e.getOriginalMessage(), e);
        }
    }

    @Override
    public void stamp(String source, Headers headers) {
        put(headers, "ce_specversion", "1.0");
        put(headers, "ce_type", type);
        put(headers, "ce_source", source);
        put(headers, "ce_id", UUID.randomUUID().toString());
        put(headers, "ce_time", Instant.now().truncatedTo(ChronoUnit.MILLIS).toString());
        put(headers, "content-type", "application/json");
    }

    @Override
    public T decode(byte[] value, Headers headers) throws PoisonEventException {
        String contentType = header(headers, "content-type");
        boolean structured = contentType != null && contentType.startsWith(STRUCTURED);
        if (!structured) {
            requireType(header(headers, "ce_type"));
        }
        try {
            T event = structured ? JSON.treeToValue(data(value), eventClass) : JSON.readValue(value, eventClass);
            if (event == null) {
                throw new PoisonEventException(Reason.of("poison.nullValue").with("type", type));
            }
            return event;
        } catch (ValueInstantiationException e) {
            throw new PoisonEventException(
                    Reason.of("poison.invalid").with("type", type).with("problem", JsonFault.of(e)), e);
        } catch (JsonMappingException e) {
            String field = JsonFault.field(e);
            throw new PoisonEventException(
                    Reason.of("poison.invalidField")
                            .with("type", type)
                            .with(
                                    "field",
                                    field.isEmpty() || field.startsWith("[") ? "value" + field : "value." + field)
                            .with("detail", JsonFault.of(e)),
                    e);
        } catch (JsonProcessingException e) {
            throw new PoisonEventException(
                    Reason.of("poison.notJson").with("type", type).with("detail", JsonFault.of(e)), e);
        } catch (IOException e) {
            throw new PoisonEventException(
                    Reason.of("poison.unreadable").with("type", type).with("detail", String.valueOf(e.getMessage())),
                    e);
        }
    }

    @Override
    public Optional<String> newer(byte[] value, Headers headers) {
        String contentType = header(headers, "content-type");
        if (contentType != null && contentType.startsWith(STRUCTURED)) {
            try {
                return newer(JSON.readTree(value).path("type").textValue());
            } catch (IOException e) {
                return Optional.empty(); // decoding it says what is wrong
            }
        }
        return newer(header(headers, "ce_type"));
    }

    private Optional<String> newer(@Nullable String actual) {
        String unversioned = type.substring(0, type.lastIndexOf('v') + 1);
        if (actual == null || !actual.startsWith(unversioned)) {
            return Optional.empty();
        }
        String version = actual.substring(unversioned.length());
        return version.matches("[1-9][0-9]{0,8}")
                        && Integer.parseInt(version) > Integer.parseInt(type.substring(unversioned.length()))
                ? Optional.of(actual)
                : Optional.empty();
    }

    /** The event inside an envelope of the structured content mode. */
    private JsonNode data(byte[] value) throws PoisonEventException, IOException {
        JsonNode envelope = JSON.readTree(value);
        requireType(envelope.path("type").textValue());
        JsonNode data = envelope.get("data");
        if (data == null) {
            throw new PoisonEventException(Reason.of("poison.noData").with("type", type));
        }
        return data;
    }

    private void requireType(@Nullable String actual) throws PoisonEventException {
        if (actual == null) {
            throw new PoisonEventException(Reason.of("poison.noType").with("type", type));
        }
        if (!type.equals(actual)) {
            throw new PoisonEventException(
                    Reason.of("poison.otherType").with("actual", actual).with("type", type));
        }
    }

    private static void put(Headers headers, String key, String value) {
        headers.remove(key).add(key, value.getBytes(StandardCharsets.UTF_8));
    }

    private static @Nullable String header(Headers headers, String key) {
        Header header = headers.lastHeader(key);
        return header == null || header.value() == null ? null : new String(header.value(), StandardCharsets.UTF_8);
    }
}
