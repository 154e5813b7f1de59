package io.alignstream.pretrain.data;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.contracts.hash.RecordsHash;
import io.alignstream.contracts.messages.Reason;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Where the token batches of one tokenizer stand in the topic: counts and offsets, never the tokens.
 *
 * <p>For the thread that follows the topics.
 */
public final class PackedDocuments {

    private final TrainedTokenizer tokenizer;
    private BatchSequence batches;
    private final Map<Integer, Span> ranges = new TreeMap<>();
    private final Map<Integer, Span> ownDocuments = new TreeMap<>();
    private final Set<Integer> packedPartitions = new HashSet<>();
    private @Nullable Reason problem;
    /** Until it shows whether the packer goes on or begins again. */
    private boolean announcedAgain;

    /** None so far. */
    public PackedDocuments(TrainedTokenizer tokenizer) {
        this(tokenizer, new Kept(BatchSequence.Kept.NONE, List.of(), List.of(), Set.of(), null, false));
    }

    /** Goes on from what {@link #keep} gave. */
    public PackedDocuments(TrainedTokenizer tokenizer, Kept kept) {
        this.tokenizer = tokenizer;
        this.batches = BatchSequence.after(tokenizer.sha256(), tokenizer.vocabularySize(), kept.batches());
        kept.ranges().forEach(span -> ranges.put(span.range().partition(), span));
        kept.ownDocuments().forEach(span -> ownDocuments.put(span.range().partition(), span));
        packedPartitions.addAll(kept.packedPartitions());
        problem = kept.problem();
        announcedAgain = kept.announcedAgain();
    }

    /**
     * All that is known of the batches; a few bytes for each partition, however many batches there are.
     *
     * @param packedPartitions of the tokenizer's own documents, those that are packed
     * @param problem with the last batch, if it was refused
     * @param announcedAgain whether it has still to show that the packer goes on or begins again
     */
    public record Kept(
            BatchSequence.Kept batches,
            List<Span> ranges,
            List<Span> ownDocuments,
            Set<Integer> packedPartitions,
            @Nullable Reason problem,
            boolean announcedAgain) {}

    /** What another one goes on from. */
    public Kept keep() {
        return new Kept(
                batches.keep(),
                List.copyOf(ranges.values()),
                List.copyOf(ownDocuments.values()),
                Set.copyOf(packedPartitions),
                problem,
                announcedAgain);
    }

    /**
     * The tokenizer was announced once more: somebody comes back to it. If what was packed for it has been deleted since, its
     * packer begins again with the first sequence, and so do these documents.
     */
    public void announcedAgain() {
        announcedAgain = true;
    }

    /**
     * Takes the batch that came in {@code record}.
     *
     * @throws PoisonEventException if it is none of its shard's
     */
    public void add(TokenBatch batch, BatchRecord record) throws PoisonEventException {
        boolean anew = announcedAgain && batches.isBehind(batch) && batch.firstSequence() == 0;
        boolean goesOn = !batches.isBehind(batch) && batch.firstSequence() > 0;
        BatchSequence sequence = anew ? none() : batches;
        try {
            sequence.admit(batch, record);
        } catch (PoisonEventException e) {
            problem = Reason.of("pretrain.batchRefused")
                    .with("offset", record.offset())
                    .with("problem", e.reason());
            throw e;
        }
        problem = null;
        announcedAgain &= !anew && !goesOn;
        if (anew) {
            batches = sequence;
            ranges.clear();
            ownDocuments.clear();
            packedPartitions.clear();
        }
        int partition = record.partition();
        if (isBehindOwnDocuments(batch) && packedPartitions.add(batch.documentPartition())) {
            // The batch that said so is lost.
            ownDocuments.put(partition, ranges.getOrDefault(partition, Span.none(record)));
        }
        ranges.merge(partition, Span.of(record), Span::to);
        if (batch.endOfSnapshot()) {
            packedPartitions.add(batch.documentPartition());
            ownDocuments.put(partition, ranges.getOrDefault(partition, Span.of(record)));
        }
    }

    private BatchSequence none() {
        return BatchSequence.after(tokenizer.sha256(), tokenizer.vocabularySize(), BatchSequence.Kept.NONE);
    }

    private boolean isBehindOwnDocuments(TokenBatch batch) {
        return tokenizer.documents().partitions().stream()
                .anyMatch(range -> range.partition() == batch.documentPartition()
                        && range.end() > range.begin()
                        && batch.documentOffset() > range.end());
    }

    /** Whether all documents that the tokenizer was learned from are packed. */
    public boolean holdsOwnDocuments() {
        return tokenizer.documents().partitions().stream()
                .filter(range -> range.end() > range.begin())
                .allMatch(range -> packedPartitions.contains(range.partition()));
    }

    /** The batches up to the last document that the tokenizer was learned from: the same in every world. */
    public DatasetSnapshot ownDocuments() {
        return snapshot(ownDocuments);
    }

    /** All batches so far. */
    public DatasetSnapshot all() {
        return snapshot(ranges);
    }

    public long trainingSequences() {
        return batches.trainingSequences();
    }

    public long validationSequences() {
        return batches.validationSequences();
    }

    public int sequenceLength() {
        return batches.sequenceLength();
    }

    /** Whether some of the sequences were lost or refused, now or before. */
    public boolean hasGaps() {
        return problem != null || batches.lost() > 0;
    }

    /** {@code reason} and, if some of the sequences were lost or the last batch was refused, that. */
    public Reason withProblem(Reason reason) {
        Reason known = batches.lost() == 0
                ? reason
                : reason.and(Reason.of("pretrain.sequencesLost").with("sequences", batches.lost()));
        return problem == null ? known : known.and(problem);
    }

    private static DatasetSnapshot snapshot(Map<Integer, Span> spans) {
        List<PartitionRange> partitions =
                spans.values().stream().map(Span::range).toList();
        RecordsHash content = spans.values().stream()
                .map(span -> span.upToEnd().minus(span.before()))
                .reduce(RecordsHash.NONE, RecordsHash::plus);
        return new DatasetSnapshot(Topic.TOKEN_BATCHES.name(), partitions, content.hex());
    }

    /**
     * The records from one batch to another of the same partition.
     *
     * @param before all records before the first one
     * @param upToEnd all records up to the last one
     */
    record Span(PartitionRange range, RecordsHash before, RecordsHash upToEnd) {

        static Span of(BatchRecord record) {
            return new Span(
                    new PartitionRange(record.partition(), record.offset(), record.offset() + 1),
                    record.before(),
                    record.upTo());
        }

        /** In front of {@code record}, without a record. */
        static Span none(BatchRecord record) {
            return new Span(
                    new PartitionRange(record.partition(), record.offset(), record.offset()),
                    record.before(),
                    record.before());
        }

        Span to(Span last) {
            return new Span(
                    new PartitionRange(
                            range.partition(), range.begin(), last.range().end()),
                    before,
                    last.upToEnd());
        }
    }
}
