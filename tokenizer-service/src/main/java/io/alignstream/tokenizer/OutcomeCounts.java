package io.alignstream.tokenizer;

import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * Counts documents by outcome inside a topology; for the thread of one task.
 *
 * <p>The counts are state of the topology, so they survive restarts and a transaction that is rolled back takes its
 * counts with it. The store caches: one change for each outcome and commit reaches the changelog.
 */
final class OutcomeCounts {

    private final KeyValueStore<String, Long> store;

    OutcomeCounts(KeyValueStore<String, Long> store) {
        this.store = store;
    }

    static StoreBuilder<KeyValueStore<String, Long>> store(String name) {
        return Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(name), Serdes.String(), Serdes.Long())
                .withCachingEnabled();
    }

    void increment(Outcome outcome) {
        Long count = store.get(outcome.id());
        store.put(outcome.id(), count == null ? 1 : count + 1);
    }
}
