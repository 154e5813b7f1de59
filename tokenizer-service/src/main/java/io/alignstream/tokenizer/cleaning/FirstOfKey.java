package io.alignstream.tokenizer.cleaning;

import io.alignstream.textcleaning.Rule;
import io.alignstream.tokenizer.cleaning.Candidate.Position;
import java.nio.ByteBuffer;
import java.util.Collection;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * Which document was the first with a duplicate key; for the thread of one task.
 *
 * <p>A document is a duplicate if an earlier one has one of its keys, whatever became of that one: a function of the
 * documents and their order. The keys lie on disk, about 20 bytes each before compression, and grow with the documents.
 */
final class FirstOfKey {

    static final String STORE = "first-of-key";

    private final KeyValueStore<byte[], byte[]> first;

    FirstOfKey(KeyValueStore<byte[], byte[]> first) {
        this.first = first;
    }

    static StoreBuilder<KeyValueStore<byte[], byte[]>> store() {
        return Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore(STORE), Serdes.ByteArray(), Serdes.ByteArray());
    }

    /** Takes note of the document at {@code position} and tells whether an earlier one has one of its {@code keys}. */
    Verdict judge(Position position, Collection<byte[]> keys) {
        byte[] place = ByteBuffer.allocate(Integer.BYTES + Long.BYTES)
                .putInt(position.partition())
                .putLong(position.offset())
                .array();
        Verdict verdict = Verdict.unique(position.offset());
        for (byte[] key : keys) {
            byte[] known = first.putIfAbsent(key, place);
            if (known != null) {
                ByteBuffer earlier = ByteBuffer.wrap(known);
                Rule rule = key.length == Long.BYTES ? Rule.NEAR_DUPLICATE : Rule.DUPLICATE;
                verdict = verdict.and(new Verdict(position.offset(), rule, earlier.getInt(), earlier.getLong()));
            }
        }
        return verdict;
    }
}
