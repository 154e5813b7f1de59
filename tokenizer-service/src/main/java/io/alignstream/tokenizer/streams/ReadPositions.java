package io.alignstream.tokenizer.streams;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.api.ProcessingContext;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far a task has read each of its sources, kept with the rest of its state and changed in the same transaction: what
 * was read is never taken in again, whatever has become of the group's offsets. For the thread of one task.
 *
 * <p>State: topic and the brokers' id of it → the offset after the last record. A topic that was made anew has another
 * id, so its records are new ones.
 */
public final class ReadPositions {

    /** Name of what tells the ids of topics among the settings of an application. */
    static final String TOPIC_IDS = "alignstream.topic.ids";

    private static final Logger LOG = LoggerFactory.getLogger(ReadPositions.class);

    private final KeyValueStore<String, Long> store;
    private final Map<?, ?> topicIds;
    private final Set<String> passedOver = new HashSet<>();

    /** The positions in {@code store} of the task that {@code context} belongs to. */
    public ReadPositions(KeyValueStore<String, Long> store, ProcessingContext context) {
        this.store = store;
        this.topicIds = context.appConfigs().get(TOPIC_IDS) instanceof Map<?, ?> ids ? ids : Map.of();
        sayWhatWasMadeAnew();
    }

    /** The store of one step of a topology, called {@code name}. */
    public static StoreBuilder<KeyValueStore<String, Long>> store(String name) {
        return Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(name), Serdes.String(), Serdes.Long())
                .withCachingEnabled();
    }

    /** Whether the record at {@code place} was not read before; takes note of it. */
    public boolean isNew(RecordMetadata place) {
        String key = key(place.topic());
        Long next = store.get(key);
        if (next != null && place.offset() < next) {
            if (passedOver.add(key)) {
                LOG.warn(
                        "the broker gives records that were read before, up to offset {}; they are passed over:"
                                + " topic={} partition={}",
                        next - 1,
                        place.topic(),
                        place.partition());
            }
            return false;
        }
        store.put(key, place.offset() + 1);
        return true;
    }

    private String key(String topic) {
        Object id = topicIds.get(topic);
        return id == null ? topic : topic + " " + id;
    }

    private void sayWhatWasMadeAnew() {
        try (KeyValueIterator<String, Long> all = store.all()) {
            all.forEachRemaining(known -> {
                String topic = known.key.replaceAll(" .*", "");
                if (!known.key.equals(key(topic))) {
                    LOG.error(
                            "topic {} was made anew: what came out of the first {} offsets of the old one stays, and"
                                    + " all of the new one is read",
                            topic,
                            known.value);
                }
            });
        }
    }
}
