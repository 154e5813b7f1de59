package io.alignstream.tokenizer.cleaning;

import java.util.Optional;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * How far one partition of {@code documents} has come, in the time of its records; for the thread of one task.
 *
 * <p>The time never runs backwards. When the partition has been read to its end it follows the wall clock at a distance,
 * because a document that comes later has a later time. A document from the future, by more than the grace, counts as of
 * now: with its own time this partition would be ahead of all others, which its documents wait for, until then.
 */
final class SourceClock {

    static final String STORE = "source-clock";
    private static final String TIME = "time";
    private static final String OFFSET = "offset";
    private final KeyValueStore<String, Long> store;
    private final int partition;
    private final CleaningPlan plan;
    private long time;
    private long nextOffset;
    private long announced;
    private long lastRecordAt = -1;

    SourceClock(KeyValueStore<String, Long> store, int partition, CleaningPlan plan) {
        this.store = store;
        this.partition = partition;
        this.plan = plan;
        Long known = store.get(TIME);
        Long offset = store.get(OFFSET);
        time = known == null ? 0 : known;
        nextOffset = offset == null ? 0 : offset;
    }

    static StoreBuilder<KeyValueStore<String, Long>> store() {
        return Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(STORE), Serdes.String(), Serdes.Long())
                .withCachingEnabled();
    }

    /** Takes note of a record; returns its time in the order of all documents. */
    long passed(long timestamp, long offset, long now) {
        nextOffset = offset + 1;
        lastRecordAt = now;
        advance(Math.min(timestamp, now + plan.grace().toMillis()));
        store.put(OFFSET, nextOffset);
        return time;
    }

    /** The time that no later document of this partition precedes; empty if the last one still says it. */
    Optional<Long> time(long now) {
        if (lastRecordAt < 0) {
            lastRecordAt = now;
        }
        boolean quiet = now - lastRecordAt >= plan.quiet().toMillis();
        if (quiet || plan.ends().reached(partition, nextOffset)) {
            advance(now - plan.grace().toMillis());
        }
        if (time == announced) {
            return Optional.empty();
        }
        announced = time;
        return Optional.of(time);
    }

    private void advance(long to) {
        if (to > time) {
            time = to;
            store.put(TIME, time);
        }
    }
}
