package io.alignstream.pretrain;

import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.hash.SequenceLedger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * The token batches of one tokenizer in the order in which they belong.
 *
 * <p>Which batches count is a function of the batches before them, so the stage, which watches the topic, and a run,
 * which reads it again, leave out the same ones. Sequence numbers must be dense for each shard and split: a batch that
 * repeats or skips numbers is refused, and so is every batch after a gap. For one thread.
 */
final class BatchSequence {

    private final String tokenizerSha256;
    private final int vocabularySize;
    private final Map<Lane, Long> next = new HashMap<>();
    private final Map<Lane, SequenceLedger> ledgers = new HashMap<>();
    /** The number of each batch that was admitted, {@link BatchReplay#number}. */
    private final Map<Lane, List<Integer>> admitted = new HashMap<>();

    private int sequenceLength;
    private long trainingSequences;
    private long validationSequences;

    /** What is numbered by itself. */
    record Lane(int shard, TokenBatch.Split split) {

        static Lane of(TokenBatch batch) {
            return new Lane(batch.shard(), batch.split());
        }
    }

    BatchSequence(String tokenizerSha256, int vocabularySize) {
        this.tokenizerSha256 = tokenizerSha256;
        this.vocabularySize = vocabularySize;
    }

    /** The packer's root in the headers of a batch's record, null if there is none. */
    static @Nullable String ledgerRoot(Headers headers) {
        Header header = headers.lastHeader(SequenceLedger.HEADER);
        return header == null || header.value() == null ? null : new String(header.value(), StandardCharsets.UTF_8);
    }

    /** Whether {@code batch} was made with this tokenizer. */
    boolean concerns(TokenBatch batch) {
        return batch.tokenizerSha256().equals(tokenizerSha256);
    }

    /**
     * Takes {@code batch} as the next one of its shard and split.
     *
     * @param ledgerRoot the packer's root after this batch, null if its record has none
     * @throws PoisonEventException if it is not, with the reason; nothing has changed then
     */
    void admit(TokenBatch batch, @Nullable String ledgerRoot) throws PoisonEventException {
        batch.requireTokensBelow(vocabularySize);
        if (sequenceLength != 0 && batch.sequenceLength() != sequenceLength) {
            throw new PoisonEventException("sequences of " + batch.sequenceLength() + " tokens among sequences of "
                    + sequenceLength + " tokens of the same tokenizer");
        }
        Lane lane = Lane.of(batch);
        long expected = next.getOrDefault(lane, 0L);
        if (batch.firstSequence() < expected) {
            throw new PoisonEventException("sequence number " + batch.firstSequence() + " of shard " + batch.shard()
                    + " has been seen; the next one is " + expected);
        }
        if (batch.firstSequence() > expected) {
            throw new PoisonEventException("sequence numbers " + expected + " to " + (batch.firstSequence() - 1)
                    + " of shard " + batch.shard() + " are missing before this batch");
        }
        SequenceLedger known = ledgers.get(lane);
        SequenceLedger ledger = known == null ? new SequenceLedger() : SequenceLedger.of(known.state());
        ledger.append(batch.tokens(), batch.sequenceLength());
        if (ledgerRoot != null && !ledgerRoot.equals(ledger.root())) {
            throw new PoisonEventException("the ledger of shard " + batch.shard() + " has root " + ledger.root()
                    + " after sequence " + batch.nextSequence() + " but the packer's has " + ledgerRoot
                    + "; a sequence was changed on the way");
        }
        ledgers.put(lane, ledger);
        admitted.computeIfAbsent(lane, first -> new ArrayList<>()).add(BatchReplay.number(batch));
        next.put(lane, batch.nextSequence());
        sequenceLength = batch.sequenceLength();
        if (batch.split() == TokenBatch.Split.TRAINING) {
            trainingSequences += batch.sequences();
        } else {
            validationSequences += batch.sequences();
        }
    }

    /** The same batches, to be read once more. */
    BatchReplay replay() {
        return new BatchReplay(admitted);
    }

    /** The root of each shard's and split's ledger: {@code shard 0 training} → {@code 1234 sequences, root …}. */
    SortedMap<String, String> ledger() {
        SortedMap<String, String> roots = new TreeMap<>();
        ledgers.forEach((lane, ledger) -> roots.put(
                "shard " + lane.shard() + " " + lane.split().name().toLowerCase(Locale.ROOT),
                ledger.size() + " sequences, root " + ledger.root()));
        return roots;
    }

    /** Tokens in each sequence, 0 before the first batch. */
    int sequenceLength() {
        return sequenceLength;
    }

    /** Training sequences of all shards so far. */
    long trainingSequences() {
        return trainingSequences;
    }

    /** Validation sequences of all shards so far. */
    long validationSequences() {
        return validationSequences;
    }
}
