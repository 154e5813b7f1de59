package io.alignstream.stageruntime.workers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;

/** What travels in the messages of a group; what a later version adds is left alone. Thread-safe. */
final class GroupJson {

    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();

    private GroupJson() {}

    static ByteBuffer bytes(Object value) {
        try {
            return ByteBuffer.wrap(JSON.writeValueAsBytes(value));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(value + " is no JSON", e);
        }
    }

    /**
     * Reads {@code bytes}, which stay as they are.
     *
     * @throws IOException if they hold no {@code type}
     */
    static <T> T read(ByteBuffer bytes, Class<T> type) throws IOException {
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        T value = JSON.readValue(copy, type);
        if (value == null) {
            throw new IOException("null instead of " + type.getSimpleName());
        }
        return value;
    }
}
