package io.alignstream.tokenizer.cleaning;

import io.alignstream.tokenizer.cleaning.Candidate.Position;
import io.alignstream.tokenizer.streams.ReadPositions;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.jspecify.annotations.Nullable;

/**
 * Tells the documents that share a key with an earlier one; one partition of the keys.
 *
 * <p>Candidates wait until every partition of {@code documents} has come as far as they, and are taken in the order of
 * their positions: so the verdicts are the same however many instances work and whichever of them was slow or dead for a
 * while. Only one from the future, by a clock that was wrong, waits no longer than until they have come to the present.
 *
 * <p>State, on disk: the keys; waiting candidates; the time of each partition.
 */
final class BandProcessor extends ContextualProcessor<byte[], byte[], byte[], byte[]> {

    private static final String WAITING = "waiting-candidates";
    private static final String TIMES = "partition-times";
    private static final String POSITIONS = "candidate-positions";
    private static final byte[] GREATEST =
            new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};

    private final PartitionTimes times;

    @SuppressWarnings("NullAway.Init")
    private FirstOfKey first;

    @SuppressWarnings("NullAway.Init")
    private KeyValueStore<byte[], byte[]> waiting;

    @SuppressWarnings("NullAway.Init")
    private KeyValueStore<Integer, Long> storedTimes;

    @SuppressWarnings("NullAway.Init")
    private ReadPositions positions;

    /** Where to look for the first one that waits: what lies before was deleted. */
    private byte[] from = new byte[0];

    private @Nullable Position head;

    BandProcessor(CleaningPlan plan) {
        times = new PartitionTimes(plan.partitions(), plan.grace(), plan.quiet());
    }

    static List<StoreBuilder<?>> stores() {
        return List.of(
                FirstOfKey.store(),
                Stores.keyValueStoreBuilder(
                        Stores.persistentKeyValueStore(WAITING), Serdes.ByteArray(), Serdes.ByteArray()),
                Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(TIMES), Serdes.Integer(), Serdes.Long())
                        .withCachingEnabled(),
                ReadPositions.store(POSITIONS));
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        super.init(context);
        first = new FirstOfKey(context.getStateStore(FirstOfKey.STORE));
        waiting = context.getStateStore(WAITING);
        storedTimes = context.getStateStore(TIMES);
        positions = new ReadPositions(context.getStateStore(POSITIONS), context);
        try (KeyValueIterator<Integer, Long> all = storedTimes.all()) {
            all.forEachRemaining(entry -> times.reached(entry.key, entry.value));
        }
        head = findHead();
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        if (!positions.isNew(context().recordMetadata().orElseThrow())) {
            return;
        }
        Candidate candidate = Candidate.decode(record.value());
        Position position = candidate.position();
        if (times.reached(position.partition(), position.time())) {
            storedTimes.put(position.partition(), position.time());
        }
        if (!candidate.isWatermark()) {
            byte[] key = position.toBytes();
            waiting.put(key, record.value());
            if (head == null || position.compareTo(head) < 0) {
                head = position;
                from = key;
            }
        }
        if (head != null && mayPass(head)) {
            releaseAll(record.timestamp());
        }
    }

    private void releaseAll(long timestamp) {
        try (KeyValueIterator<byte[], byte[]> all = waiting.range(from, GREATEST)) {
            head = null;
            while (all.hasNext()) {
                var entry = all.next();
                Candidate candidate = Candidate.decode(entry.value);
                if (!mayPass(candidate.position())) {
                    head = candidate.position();
                    from = entry.key;
                    return;
                }
                waiting.delete(entry.key);
                answer(candidate, timestamp);
            }
        }
        from = new byte[0];
    }

    private boolean mayPass(Position position) {
        return times.mayPass(position, context().currentSystemTimeMs());
    }

    private void answer(Candidate candidate, long timestamp) {
        Position position = candidate.position();
        Verdict verdict = first.judge(position, candidate.keys());
        byte[] partition =
                ByteBuffer.allocate(Integer.BYTES).putInt(position.partition()).array();
        context().forward(new Record<>(partition, verdict.encode(), timestamp));
    }

    private @Nullable Position findHead() {
        try (KeyValueIterator<byte[], byte[]> all = waiting.all()) {
            if (!all.hasNext()) {
                return null;
            }
            from = all.next().key;
            return Position.read(ByteBuffer.wrap(from));
        }
    }
}
