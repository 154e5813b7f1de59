package io.alignstream.tokenizer;

import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Topic;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * Lets the first document of each content hash pass, under its id.
 *
 * <p>The state, content hash → id of the document that was kept, lies on disk: about 100 bytes a document.
 */
final class DeduplicationProcessor extends ContextualProcessor<byte[], byte[], byte[], byte[]> {

    private static final String SEEN = "content-hashes";

    @SuppressWarnings("NullAway.Init")
    private KeyValueStore<byte[], byte[]> seen;

    @SuppressWarnings("NullAway.Init")
    private OutcomeCounts outcomes;

    static StoreBuilder<KeyValueStore<byte[], byte[]>> store() {
        return Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore(SEEN), Serdes.ByteArray(), Serdes.ByteArray());
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        super.init(context);
        seen = context.getStateStore(SEEN);
        outcomes = new OutcomeCounts(context.getStateStore(CleaningTopology.DUPLICATE_OUTCOMES));
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        byte[] id = id(record).getBytes(StandardCharsets.UTF_8);
        if (seen.putIfAbsent(record.key(), id) != null) {
            outcomes.increment(Outcome.DUPLICATE);
            return;
        }
        outcomes.increment(Outcome.KEPT);
        context().forward(record.withKey(id));
    }

    private static String id(Record<byte[], byte[]> record) {
        try {
            CleanDocument document = Topic.CLEAN_DOCUMENTS.codec().decode(record.value(), record.headers());
            return Topic.CLEAN_DOCUMENTS.key(document);
        } catch (PoisonEventException e) {
            throw new IllegalStateException("our own topic " + CleaningTopology.BY_HASH_TOPIC + " holds: " + e, e);
        }
    }
}
