package io.alignstream.stageruntime.kept;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/** One table of a {@link KeptState}: values by key, which are seen as soon as they are put. Thread-safe. */
public final class KeptTable {

    /** So many entries are read before others may read or write again. */
    private static final int AT_ONCE = 500;

    private final KeptState state;
    private final byte[] prefix;

    KeptTable(KeptState state, byte[] prefix) {
        this.state = state;
        this.prefix = prefix;
    }

    /** As {@link KeptState#unreadable}. */
    KeptStateException unreadable(Exception cause) {
        return state.unreadable(cause);
    }

    /** The value of {@code key}; null if there is none. */
    public byte @Nullable [] get(byte[] key) {
        return state.get(whole(key));
    }

    /** The value of {@code key}; null if there is none. */
    public byte @Nullable [] get(String key) {
        return get(bytes(key));
    }

    /** Keeps {@code value} in place of the one before. */
    public void put(byte[] key, byte[] value) {
        state.put(whole(key), value);
    }

    /** Keeps {@code value} in place of the one before. */
    public void put(String key, byte[] value) {
        put(bytes(key), value);
    }

    /** Forgets the value of {@code key}, if there is one. */
    public void remove(byte[] key) {
        state.remove(whole(key));
    }

    /** Forgets the value of {@code key}, if there is one. */
    public void remove(String key) {
        remove(bytes(key));
    }

    /** The whole number of {@code key}; 0 if there is none. */
    public long number(String key) {
        byte[] value = get(key);
        return value == null ? 0 : ByteBuffer.wrap(value).getLong();
    }

    /** Keeps a whole number in place of the one before. */
    public void put(String key, long number) {
        put(key, ByteBuffer.allocate(Long.BYTES).putLong(number).array());
    }

    /** Shows all keys and values in the order of the keys' bytes; what changes meanwhile it may show or not. */
    public void forEach(BiConsumer<byte[], byte[]> entry) {
        forEachWhile((key, value) -> {
            entry.accept(key, value);
            return true;
        });
    }

    /** Shows keys and values in the order of the keys' bytes for as long as {@code more} is true of one. */
    public void forEachWhile(BiPredicate<byte[], byte[]> more) {
        byte[] last = null;
        List<Map.Entry<byte[], byte[]>> entries;
        do {
            entries = state.entries(prefix, last, AT_ONCE);
            for (Map.Entry<byte[], byte[]> each : entries) {
                last = each.getKey();
                if (!more.test(Arrays.copyOfRange(last, prefix.length, last.length), each.getValue())) {
                    return;
                }
            }
        } while (entries.size() == AT_ONCE);
    }

    /** The first {@code most} entries behind {@code key}, which need not be one. */
    List<Map.Entry<String, byte[]>> after(String key, int most) {
        return state.entries(prefix, whole(bytes(key)), most).stream()
                .map(entry -> Map.entry(
                        new String(
                                entry.getKey(),
                                prefix.length,
                                entry.getKey().length - prefix.length,
                                StandardCharsets.UTF_8),
                        entry.getValue()))
                .toList();
    }

    private byte[] whole(byte[] key) {
        byte[] whole = Arrays.copyOf(prefix, prefix.length + key.length);
        System.arraycopy(key, 0, whole, prefix.length, key.length);
        return whole;
    }

    private static byte[] bytes(String key) {
        return key.getBytes(StandardCharsets.UTF_8);
    }
}
