package io.alignstream.tokenizer.documents;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.textcleaning.Rule;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.jspecify.annotations.Nullable;

/**
 * Counts and samples inside the cleaning topology; for the thread of one task.
 *
 * <p>They are state of the topology, so they survive restarts and a transaction that is rolled back takes its counts with
 * it. The stores cache: one change for each counter and commit reaches the changelog.
 */
public final class DocumentStatistics {

    /** State store of the counters. */
    public static final String COUNTS = "cleaning-counts";
    /** State store of the samples. */
    public static final String SAMPLES = "cleaning-samples";
    /** Counters of outcomes begin with it. */
    public static final String OUTCOME = "outcome/";
    /** Counters of rules that change documents begin with it. */
    public static final String APPLIED = "applied/";

    static final String LANGUAGE_DOCUMENTS = "language-documents/";
    static final String LANGUAGE_BYTES = "language-bytes/";
    static final String CLUSTER = "cluster/";
    static final String BYTES = "bytes";

    /** Samples kept of each kind. */
    public static final int SAMPLES_KEPT = 10;

    private static final int EXCERPT = 240;
    private static final int LANGUAGE_EXCERPT = 2_000;
    private static final int CLUSTERS_KEPT = 50;

    private final KeyValueStore<String, Long> counts;
    private final KeyValueStore<String, byte[]> samples;
    private final Map<String, Long> clusters = new TreeMap<>();

    /**
     * A document that stands for others of its kind.
     *
     * @param fault why it was dropped, null if it was kept
     */
    public record Sample(String id, @Nullable Reason fault, String excerpt) {

        private static final JsonMapper JSON = JsonMapper.builder().build();

        byte[] encode() {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (DataOutputStream out = new DataOutputStream(bytes)) {
                out.writeUTF(id);
                out.writeUTF(fault == null ? "" : JSON.writeValueAsString(fault));
                out.writeUTF(excerpt);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return bytes.toByteArray();
        }

        /** Reads what the store holds. */
        public static Sample decode(byte[] bytes) {
            try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
                return new Sample(in.readUTF(), fault(in.readUTF()), in.readUTF());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Stores of before hold a sentence instead of JSON. */
        private static @Nullable Reason fault(String stored) {
            try {
                return stored.isEmpty() ? null : JSON.readValue(stored, Reason.class);
            } catch (JsonProcessingException e) {
                return Reason.verbatim(stored);
            }
        }
    }

    /** Counts into these stores of the task. */
    public DocumentStatistics(KeyValueStore<String, Long> counts, KeyValueStore<String, byte[]> samples) {
        this.counts = counts;
        this.samples = samples;
        try (var known = samples.prefixScan(CLUSTER, Serdes.String().serializer())) {
            known.forEachRemaining(entry -> {
                Long count = counts.get(entry.key);
                clusters.put(entry.key, count == null ? 0 : count);
            });
        }
    }

    /** The store of the counters, to be added to a topology. */
    public static StoreBuilder<KeyValueStore<String, Long>> counts() {
        return Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(COUNTS), Serdes.String(), Serdes.Long())
                .withCachingEnabled();
    }

    /** The store of the samples, to be added to a topology. */
    public static StoreBuilder<KeyValueStore<String, byte[]>> samples() {
        return Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(SAMPLES), Serdes.String(), Serdes.ByteArray())
                .withCachingEnabled();
    }

    /** Counts a document that arrived. */
    public void arrived(int bytes) {
        add(BYTES, bytes);
    }

    /** Counts a document whose way ended. */
    public void outcome(Outcome outcome) {
        add(OUTCOME + outcome.id(), 1);
    }

    /** Counts a document that {@code rule} has changed. */
    public void applied(Rule rule) {
        add(APPLIED + rule.id(), 1);
    }

    /** Counts a document that {@code rule} has dropped, and keeps it as a sample now and then. */
    public void dropped(Rule rule, String id, Reason fault, Supplier<String> text) {
        long count = add(OUTCOME + rule.id(), 1);
        long slot = slot(count);
        if (slot < SAMPLES_KEPT) {
            put(OUTCOME + rule.id() + "/" + slot, new Sample(id, fault, excerpt(text.get(), EXCERPT)));
        }
    }

    /** Counts a kept document. */
    public void kept(String language, int bytes, String id, Supplier<String> text) {
        add(OUTCOME + Outcome.KEPT.id(), 1);
        long count = add(LANGUAGE_DOCUMENTS + language, 1);
        add(LANGUAGE_BYTES + language, bytes);
        long slot = slot(count);
        if (slot < SAMPLES_KEPT) {
            put(
                    LANGUAGE_DOCUMENTS + language + "/" + slot,
                    new Sample(id, null, excerpt(text.get(), LANGUAGE_EXCERPT)));
        }
    }

    /** Counts one more duplicate of the document that {@code first} names. */
    public void duplicate(String first, String id, String text) {
        String key = CLUSTER + first;
        long count = add(key, 1);
        if (clusters.containsKey(key) || clusters.size() < CLUSTERS_KEPT) {
            if (clusters.put(key, count) == null) {
                put(key, new Sample(id, null, excerpt(text, EXCERPT)));
            }
            return;
        }
        Map.Entry<String, Long> least =
                clusters.entrySet().stream().min(Map.Entry.comparingByValue()).orElseThrow();
        if (count > least.getValue()) {
            clusters.remove(least.getKey());
            samples.delete(least.getKey());
            clusters.put(key, count);
            put(key, new Sample(id, null, excerpt(text, EXCERPT)));
        }
    }

    /** Where the newest of {@code count} documents belongs: reservoir sampling with a hash for a die, the same always. */
    private static long slot(long count) {
        return count <= SAMPLES_KEPT ? count - 1 : Long.remainderUnsigned(spread(count), count);
    }

    private void put(String key, Sample sample) {
        samples.put(key, sample.encode());
    }

    private long add(String key, long more) {
        Long before = counts.get(key);
        long now = (before == null ? 0 : before) + more;
        counts.put(key, now);
        return now;
    }

    private static String excerpt(String text, int length) {
        if (text.length() <= length) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(length - 1)) ? length - 1 : length;
        return text.substring(0, end) + "…";
    }

    private static long spread(long value) {
        long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
