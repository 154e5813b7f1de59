package io.alignstream.tokenizer.packing;

import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.TokenBatch.Split;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.hash.SequenceLedger;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.contracts.tracing.Traceparent;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.tokenizer.streams.ReadPositions;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Packs the clean documents of one partition into token batches of the shard with the same number.
 *
 * <p>After the last document of the tokenizer's own snapshot both splits are flushed and the training batch says
 * {@code endOfSnapshot}: a matter of offsets, not of time, so it happens at the same token in every run.
 */
final class PackingProcessor extends ContextualProcessor<byte[], byte[], byte[], byte[]> {

    static final String STORE = "open-sequences";
    static final String POSITIONS = "packed-positions";
    private static final Logger LOG = LoggerFactory.getLogger(PackingProcessor.class);
    private static final String PACKING = "packing";

    private final Tokenizer tokenizer;
    private final DatasetSnapshot snapshot;
    private final Packing configured;

    @SuppressWarnings("NullAway.Init")
    private Packing packing;

    @SuppressWarnings("NullAway.Init")
    private SequencePacker training;

    @SuppressWarnings("NullAway.Init")
    private SequencePacker validation;

    @SuppressWarnings("NullAway.Init")
    private KeyValueStore<String, byte[]> store;

    @SuppressWarnings("NullAway.Init")
    private ReadPositions positions;

    private boolean frozen;
    private int partition;
    private long snapshotEnd;

    PackingProcessor(Tokenizer tokenizer, DatasetSnapshot snapshot, Packing configured) {
        this.tokenizer = tokenizer;
        this.snapshot = snapshot;
        this.configured = configured;
    }

    static StoreBuilder<KeyValueStore<String, byte[]>> store() {
        return Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(STORE), Serdes.String(), Serdes.ByteArray())
                .withCachingEnabled();
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        super.init(context);
        store = context.getStateStore(STORE);
        positions = new ReadPositions(context.getStateStore(POSITIONS), context);
        byte[] first = store.get(PACKING);
        frozen = first != null;
        packing = first == null ? configured : frozen(new String(first, StandardCharsets.UTF_8));
        training = new SequencePacker(store, "training", packing);
        validation = new SequencePacker(store, "validation", packing);
        partition = context.taskId().partition();
        snapshotEnd = snapshot.partitions().stream()
                .filter(range -> range.partition() == partition && range.end() > range.begin())
                .mapToLong(DatasetSnapshot.PartitionRange::end)
                .findFirst()
                .orElse(-1);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        RecordMetadata at = context().recordMetadata().orElseThrow();
        if (!positions.isNew(at)) {
            return;
        }
        long nextOffset = at.offset() + 1;
        if (!frozen) {
            store.put(PACKING, packing.format().getBytes(StandardCharsets.UTF_8));
            frozen = true;
        }
        Topic.CLEAN_DOCUMENTS.requireKnown(record.value(), record.headers(), at.partition(), at.offset());
        try {
            pack(decode(record), nextOffset, record);
        } catch (PoisonEventException e) {
            // The runtime's reader of this topic has put it to the dead letters.
            LOG.warn("left out a record: partition={} offset={} reason={}", partition, nextOffset - 1, e.getMessage());
        }
        if (nextOffset == snapshotEnd) {
            SequencePacker.Filled rest = validation.flush(tokenizer.pad());
            if (rest.tokens().length > 0) {
                forward(Split.VALIDATION, rest, nextOffset, false, record);
            }
            forward(Split.TRAINING, training.flush(tokenizer.pad()), nextOffset, true, record);
        }
    }

    private static CleanDocument decode(Record<byte[], byte[]> record) throws PoisonEventException {
        if (record.value() == null) {
            throw new PoisonEventException(Reason.of("poison.noValue"));
        }
        return Topic.CLEAN_DOCUMENTS.codec().decode(record.value(), record.headers());
    }

    private void pack(CleanDocument document, long nextOffset, Record<byte[], byte[]> record) {
        Split split = packing.split(document);
        SequencePacker packer = split == Split.TRAINING ? training : validation;
        int[] ids = tokenizer.encode(document.text());
        packer.append(ids, tokenizer.endOfDocument(), filled -> forward(split, filled, nextOffset, false, record));
    }

    /** @param last the record that filled it, whose time and trace it has */
    private void forward(
            Split split,
            SequencePacker.Filled filled,
            long nextOffset,
            boolean endOfSnapshot,
            Record<byte[], byte[]> last) {
        TokenBatch batch = new TokenBatch(
                tokenizer.sha256(),
                partition,
                split,
                filled.firstSequence(),
                packing.sequenceLength(),
                filled.tokens(),
                partition,
                nextOffset,
                endOfSnapshot);
        RecordHeaders headers = new RecordHeaders();
        byte[] value = Topic.TOKEN_BATCHES.codec().encode(batch, "tokenizer-service", headers);
        SequenceLedger.stamp(filled.ledgerBefore(), filled.ledgerRoot(), headers);
        Traceparent.of(last.headers()).ifPresent(trace -> trace.stamp(headers));
        byte[] key = Topic.TOKEN_BATCHES.key(batch).getBytes(StandardCharsets.UTF_8);
        context().forward(new Record<>(key, value, last.timestamp(), headers));
    }

    /** The packing that this tokenizer version began with: sequences of two lengths would not make one dataset. */
    private Packing frozen(String stored) {
        Packing first = Packing.parse(stored);
        if (!first.equals(configured)) {
            LOG.warn(
                    "this tokenizer's documents are packed as {} since the first one; the configured {} will count for"
                            + " the next tokenizer",
                    first,
                    configured);
        }
        return first;
    }
}
