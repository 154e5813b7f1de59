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
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The token batches of one tokenizer in the order in which they belong.
 *
 * <p>Which batches count is a function of the batches before them, so the stage, which watches the topic, and a run,
 * which reads it again, leave out the same ones. Sequence numbers must be dense for each shard and split: a batch that
 * repeats numbers is refused, and so is one whose sequences do not lead to the packer's root, which it carries. One that
 * skips numbers, because the batch between was lost or refused, is taken if it carries the packer's ledger before it, too.
 * So one bad batch, or one of somebody else in its place, costs its own sequences and no others; which ones is known
 * ({@link #ledger}). For one thread.
 */
final class BatchSequence {

    private final String tokenizerSha256;
    private final int vocabularySize;
    private final Map<Lane, Long> next = new HashMap<>();
    private final Map<Lane, SequenceLedger> ledgers = new HashMap<>();
    /** Null if nobody will read the batches again. */
    private final @Nullable Map<Lane, List<BatchReplay.Known>> admitted;
    /** What the packer let go and nobody read: its batches were lost or refused. */
    private final Map<Lane, List<Range>> lost = new HashMap<>();

    private int sequenceLength;
    private long trainingSequences;
    private long validationSequences;

    /** Sequence numbers, both ends included. */
    record Range(long first, long last) {

        long size() {
            return last - first + 1;
        }

        @Override
        public String toString() {
            return first == last ? Long.toString(first) : first + " to " + last;
        }
    }

    /** What is numbered by itself. */
    record Lane(int shard, TokenBatch.Split split) {

        static Lane of(TokenBatch batch) {
            return new Lane(batch.shard(), batch.split());
        }
    }

    /** No batches so far, which can be read once more afterwards. */
    BatchSequence(String tokenizerSha256, int vocabularySize) {
        this(tokenizerSha256, vocabularySize, new HashMap<>());
    }

    private BatchSequence(
            String tokenizerSha256, int vocabularySize, @Nullable Map<Lane, List<BatchReplay.Known>> admitted) {
        this.tokenizerSha256 = tokenizerSha256;
        this.vocabularySize = vocabularySize;
        this.admitted = admitted;
    }

    /**
     * What is known of the batches of a tokenizer, without the batches.
     *
     * @param sequenceLength 0 before the first batch
     */
    record Kept(int sequenceLength, long trainingSequences, long validationSequences, List<KeptLane> lanes) {

        static final Kept NONE = new Kept(0, 0, 0, List.of());
    }

    /**
     * What is known of a lane.
     *
     * @param ledger state of the ledger after its last batch
     */
    record KeptLane(int shard, TokenBatch.Split split, long next, byte[] ledger, List<Range> lost) {}

    /** Goes on behind batches of which {@code kept} is known; remembers counts and roots, whatever number of batches come. */
    static BatchSequence after(String tokenizerSha256, int vocabularySize, Kept kept) {
        BatchSequence sequence = new BatchSequence(tokenizerSha256, vocabularySize, null);
        sequence.sequenceLength = kept.sequenceLength();
        sequence.trainingSequences = kept.trainingSequences();
        sequence.validationSequences = kept.validationSequences();
        for (KeptLane known : kept.lanes()) {
            Lane lane = new Lane(known.shard(), known.split());
            sequence.next.put(lane, known.next());
            sequence.ledgers.put(lane, SequenceLedger.of(known.ledger()));
            if (!known.lost().isEmpty()) {
                sequence.lost.put(lane, new ArrayList<>(known.lost()));
            }
        }
        return sequence;
    }

    /** What {@link #after} goes on from. */
    Kept keep() {
        List<KeptLane> lanes = new ArrayList<>();
        ledgers.forEach((lane, ledger) -> lanes.add(new KeptLane(
                lane.shard(),
                lane.split(),
                next.getOrDefault(lane, 0L),
                ledger.state(),
                lost.getOrDefault(lane, List.of()))));
        return new Kept(sequenceLength, trainingSequences, validationSequences, lanes);
    }

    /** Whether {@code batch} was made with this tokenizer. */
    boolean concerns(TokenBatch batch) {
        return batch.tokenizerSha256().equals(tokenizerSha256);
    }

    /** Whether sequences of its shard and split were taken that follow the first one of {@code batch}, or that one itself. */
    boolean isBehind(TokenBatch batch) {
        return batch.firstSequence() < next.getOrDefault(Lane.of(batch), 0L);
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
        SequenceLedger ledger = before(batch, record, lane, expected);
        append(batch, record, ledger);
        if (batch.firstSequence() > expected) {
            lost.computeIfAbsent(lane, first -> new ArrayList<>()).add(new Range(expected, batch.firstSequence() - 1));
        }
        ledgers.put(lane, ledger);
        if (admitted != null) {
            admitted.computeIfAbsent(lane, first -> new ArrayList<>()).add(BatchReplay.Known.of(batch, record));
        }
        next.put(lane, batch.nextSequence());
        sequenceLength = batch.sequenceLength();
        if (batch.split() == TokenBatch.Split.TRAINING) {
            trainingSequences += batch.sequences();
        } else {
            validationSequences += batch.sequences();
        }
    }

    /** The ledger before {@code batch}: our own, or after a gap the packer's. */
    private SequenceLedger before(TokenBatch batch, BatchRecord record, Lane lane, long expected)
            throws PoisonEventException {
        if (batch.firstSequence() == expected) {
            SequenceLedger known = ledgers.get(lane);
            return known == null ? new SequenceLedger() : SequenceLedger.of(known.state());
        }
        Optional<SequenceLedger> packer = record.before(batch.firstSequence());
        if (packer.isEmpty()) {
            throw new PoisonEventException(Reason.of("poison.sequencesMissing")
                    .with("first", expected)
                    .with("last", batch.firstSequence() - 1)
                    .with("shard", batch.shard()));
        }
        return packer.get();
    }

    private static void append(TokenBatch batch, BatchRecord record, SequenceLedger ledger)
            throws PoisonEventException {
        Optional<String> packer = record.ledgerRoot();
        if (packer.isEmpty()) {
            throw new PoisonEventException(Reason.of("poison.noLedger").with("header", SequenceLedger.HEADER));
        }
        ledger.append(batch.tokens(), batch.sequenceLength());
        if (!packer.get().equals(ledger.root())) {
            throw new PoisonEventException(Reason.of("poison.otherLedger")
                    .with("shard", batch.shard())
                    .with("root", ledger.root())
                    .with("sequence", batch.nextSequence())
                    .with("packer", packer.get()));
        }
    }

    /** The same batches, to be read once more. */
    BatchReplay replay() {
        if (admitted == null) {
            throw new IllegalStateException(
                    "these batches are only counted; a run reads them with a sequence of its own");
        }
        return new BatchReplay(admitted);
    }

    /**
     * The root of each shard's and split's ledger: {@code shard 0 training} → {@code 1234 sequences, root …}, and, if
     * some of these are lost, {@code without 40 to 59}.
     */
    SortedMap<String, String> ledger() {
        SortedMap<String, String> roots = new TreeMap<>();
        ledgers.forEach((lane, ledger) -> roots.put(
                "shard " + lane.shard() + " " + lane.split().name().toLowerCase(Locale.ROOT),
                ledger.size() + " sequences, root " + ledger.root() + without(lane)));
        return roots;
    }

    private String without(Lane lane) {
        List<Range> ranges = lost.getOrDefault(lane, List.of());
        return ranges.isEmpty()
                ? ""
                : ranges.stream().map(Range::toString).collect(Collectors.joining(", ", ", without ", ""));
    }

    /** Sequences of both splits that were never read, between others that were. */
    long lost() {
        return lost.values().stream()
                .flatMap(List::stream)
                .mapToLong(Range::size)
                .sum();
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
