package io.alignstream.stageruntime.kept;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/** Values of one type by key, as JSON in a {@link KeptState}: on the disk and not in the heap. Thread-safe. */
public final class KeptRecords<T> {

    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private final KeptTable table;
    private final Class<T> type;

    /** The values with this name, a word. */
    public KeptRecords(KeptState state, String name, Class<T> type) {
        this.table = state.table(name);
        this.type = type;
    }

    /** The value of {@code key}. */
    public Optional<T> get(String key) {
        return Optional.ofNullable(table.get(key)).map(this::read);
    }

    /** Keeps {@code value} in place of the one before. */
    public void put(String key, T value) {
        try {
            table.put(key, JSON.writeValueAsBytes(value));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("cannot write down " + key, e);
        }
    }

    /** Forgets the value of {@code key}, if there is one. */
    public void remove(String key) {
        table.remove(key);
    }

    /** Shows all keys and values in the order of the keys' bytes; what changes meanwhile it may show or not. */
    public void forEach(BiConsumer<String, T> entry) {
        table.forEach((key, value) -> entry.accept(new String(key, StandardCharsets.UTF_8), read(value)));
    }

    /** The first {@code most} values, by key, that stand behind {@code key}, which need not be one. */
    public List<Map.Entry<String, T>> after(String key, int most) {
        return table.after(key, most).stream()
                .map(entry -> Map.entry(entry.getKey(), read(entry.getValue())))
                .toList();
    }

    private T read(byte[] json) {
        try {
            return JSON.readValue(json, type);
        } catch (IOException e) { // written by a version of the service that meant something else by it
            throw table.unreadable(e);
        }
    }
}
