package io.alignstream.pretrain.data;

import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.hash.SequenceLedger;
import io.alignstream.contracts.messages.Reason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

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
    private final Map<Lane, List<BatchReplay.Known>> admitted = new HashMap<>();

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

    /** Whether {@code batch} was made with this tokenizer. */
    boolean concerns(TokenBatch batch) {
        return batch.tokenizerSha256().equals(tokenizerSha256);
    }

    /**
     * Takes {@code batch} as the next one of its shard and split.
     *
     * @throws PoisonEventException if it is not, with the reason; nothing has changed then
     */
    void admit(TokenBatch batch, BatchRecord record) throws PoisonEventException {
        batch.requireTokensBelow(vocabularySize);
        if (sequenceLength != 0 && batch.sequenceLength() != sequenceLength) {
            throw new PoisonEventException(Reason.of("poison.otherLength")
                    .with("length", batch.sequenceLength())
                    .with("known", sequenceLength));
        }
        Lane lane = Lane.of(batch);
        long expected = next.getOrDefault(lane, 0L);
        if (batch.firstSequence() < expected) {
            throw new PoisonEventException(Reason.of("poison.sequenceRepeated")
                    .with("sequence", batch.firstSequence())
                    .with("shard", batch.shard())
                    .with("next", expected));
        }
        if (batch.firstSequence() > expected) {
            throw new PoisonEventException(Reason.of("poison.sequencesMissing")
                    .with("first", expected)
                    .with("last", batch.firstSequence() - 1)
                    .with("shard", batch.shard()));
        }
        SequenceLedger known = ledgers.get(lane);
        SequenceLedger ledger = known == null ? new SequenceLedger() : SequenceLedger.of(known.state());
        ledger.append(batch.tokens(), batch.sequenceLength());
        Optional<String> ledgerRoot = record.ledgerRoot();
        if (ledgerRoot.isPresent() && !ledgerRoot.get().equals(ledger.root())) {
            throw new PoisonEventException(Reason.of("poison.otherLedger")
                    .with("shard", batch.shard())
                    .with("root", ledger.root())
                    .with("sequence", batch.nextSequence())
                    .with("packer", ledgerRoot.get()));
        }
        ledgers.put(lane, ledger);
        admitted.computeIfAbsent(lane, first -> new ArrayList<>()).add(BatchReplay.Known.of(batch, record));
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
