package io.alignstream.tokenizer.cleaning;

import io.alignstream.contracts.tracing.Traceparent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.jspecify.annotations.Nullable;

/**
 * The cleaned documents of one partition that wait for their verdicts, in the order of their offsets; for the thread of
 * one task.
 *
 * <p>Texts lie on disk. Memory holds the offsets of the first {@value #KNOWN} of them: looking for the first one in the
 * store each time would pass over all that were deleted before it.
 */
final class PendingDocuments {

    static final String TEXTS = "pending-documents";
    static final String VERDICTS = "pending-verdicts";
    private static final int KNOWN = 10_000;

    private final KeyValueStore<byte[], byte[]> texts;
    private final KeyValueStore<byte[], byte[]> verdicts;
    private final Deque<Long> known = new ArrayDeque<>();
    private boolean more;
    private long next;

    /**
     * A document that waits.
     *
     * @param value of its record in {@code clean-documents}
     * @param bytes of its text
     * @param trace that it belongs to; empty if its producer said none
     */
    record Pending(String id, String language, int bytes, byte[] value, Optional<Traceparent> trace) {

        /** Set in the byte before the language's code where a trace stands behind it. */
        private static final int TRACED = 0x80;

        private static final int TRACE_BYTES = 55;

        byte[] encode() {
            byte[] name = id.getBytes(StandardCharsets.UTF_8);
            byte[] code = language.getBytes(StandardCharsets.UTF_8);
            byte[] from = trace.map(place -> place.text().getBytes(StandardCharsets.US_ASCII))
                    .orElse(new byte[0]);
            return ByteBuffer.allocate(2 + name.length + 1 + code.length + from.length + 4 + value.length)
                    .putShort((short) name.length)
                    .put(name)
                    .put((byte) (from.length > 0 ? code.length | TRACED : code.length))
                    .put(code)
                    .put(from)
                    .putInt(bytes)
                    .put(value)
                    .array();
        }

        static Pending decode(byte[] stored) {
            ByteBuffer in = ByteBuffer.wrap(stored);
            String id = text(in, in.getShort());
            int code = in.get();
            String language = text(in, code & ~TRACED & 0xff);
            Optional<Traceparent> trace =
                    (code & TRACED) == 0 ? Optional.empty() : Traceparent.parse(text(in, TRACE_BYTES));
            int bytes = in.getInt();
            byte[] value = new byte[in.remaining()];
            in.get(value);
            return new Pending(id, language, bytes, value, trace);
        }

        private static String text(ByteBuffer in, int length) {
            byte[] bytes = new byte[length];
            in.get(bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    PendingDocuments(KeyValueStore<byte[], byte[]> texts, KeyValueStore<byte[], byte[]> verdicts) {
        this.texts = texts;
        this.verdicts = verdicts;
        more = true;
        fill();
    }

    static List<StoreBuilder<?>> stores() {
        // A text is written once and read once: a cache in front of it would only take memory.
        return List.of(
                Stores.keyValueStoreBuilder(
                        Stores.persistentKeyValueStore(TEXTS), Serdes.ByteArray(), Serdes.ByteArray()),
                Stores.keyValueStoreBuilder(
                                Stores.persistentKeyValueStore(VERDICTS), Serdes.ByteArray(), Serdes.ByteArray())
                        .withCachingEnabled());
    }

    /** Adds the document at {@code offset}, which is greater than all before, with the verdicts that it waits for. */
    void add(long offset, Pending document, int verdictsWanted) {
        texts.put(key(offset), document.encode());
        put(offset, verdictsWanted, Verdict.unique(offset));
        if (!more && known.size() < KNOWN) {
            known.add(offset);
            next = offset + 1;
        } else {
            more = true;
        }
    }

    /** Takes one verdict. */
    void judge(Verdict verdict) {
        byte[] state = verdicts.get(key(verdict.offset()));
        if (state == null) {
            throw new IllegalStateException("no document waits at offset " + verdict.offset() + " for its verdict");
        }
        ByteBuffer in = ByteBuffer.wrap(state);
        int wanted = in.getInt();
        put(verdict.offset(), wanted - 1, Verdict.decode(in).and(verdict));
    }

    /** The verdict on the first document if it has all, null if not or if none waits. */
    @Nullable
    Verdict first() {
        fill();
        Long offset = known.peek();
        byte[] state = offset == null ? null : verdicts.get(key(offset));
        if (state == null) {
            return null;
        }
        ByteBuffer in = ByteBuffer.wrap(state);
        return in.getInt() > 0 ? null : Verdict.decode(in);
    }

    /** Takes the first document out. */
    Pending remove() {
        byte[] key = key(known.remove());
        verdicts.delete(key);
        return Pending.decode(texts.delete(key));
    }

    private void fill() {
        if (!known.isEmpty() || !more) {
            return;
        }
        more = false;
        try (KeyValueIterator<byte[], byte[]> rest = verdicts.range(key(next), key(Long.MAX_VALUE))) {
            while (rest.hasNext()) {
                if (known.size() == KNOWN) {
                    more = true;
                    return;
                }
                long offset = ByteBuffer.wrap(rest.next().key).getLong();
                known.add(offset);
                next = offset + 1;
            }
        }
    }

    private void put(long offset, int wanted, Verdict verdict) {
        byte[] state = ByteBuffer.allocate(Integer.BYTES + Verdict.BYTES)
                .putInt(wanted)
                .put(verdict.encode())
                .array();
        verdicts.put(key(offset), state);
    }

    private static byte[] key(long offset) {
        return ByteBuffer.allocate(Long.BYTES).putLong(offset).array();
    }
}
