package io.alignstream.pretrain.data;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.TokenBatch.Split;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.stageruntime.JobContext;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The training sequences of a frozen range of {@code token-batches}, read from the broker as they are needed.
 *
 * <p>Memory holds what the Kafka client has fetched and nothing else: a pass over the data is a new read from the
 * range's beginning, a later place in it is reached by leaving out what is before.
 */
public final class TokenBatchSource implements SequenceSource {

    private final JobContext context;
    private final DatasetSnapshot dataset;
    private final BatchSequence counted;
    private final List<int[]> validation;

    private TokenBatchSource(
            JobContext context, DatasetSnapshot dataset, BatchSequence counted, List<int[]> validation) {
        this.context = context;
        this.dataset = dataset;
        this.counted = counted;
        this.validation = validation;
    }

    /**
     * Reads the range once: counts it and keeps its first validation sequences. Ends early, with less than there is, if
     * the job is asked to stop.
     *
     * @param validationSequences how many to keep at most
     */
    public static TokenBatchSource scan(
            JobContext context, DatasetSnapshot dataset, Tokenizer tokenizer, int validationSequences) {
        BatchSequence counted = new BatchSequence(tokenizer.sha256(), tokenizer.vocabularySize());
        List<int[]> validation = new ArrayList<>();
        try (Stream<JobContext.Entry<TokenBatch>> entries = context.read(Topic.TOKEN_BATCHES, dataset)) {
            entries.takeWhile(entry -> !context.stopRequested())
                    .flatMap(admittedBy(counted))
                    .filter(batch -> batch.split() == Split.VALIDATION)
                    .flatMap(TokenBatchSource::sequences)
                    .forEach(sequence -> {
                        if (validation.size() < validationSequences) {
                            validation.add(sequence);
                        }
                    });
        }
        return new TokenBatchSource(context, dataset, counted, List.copyOf(validation));
    }

    /** The first validation sequences of the range. */
    public List<int[]> validation() {
        return validation;
    }

    @Override
    public long size() {
        return counted.trainingSequences();
    }

    @Override
    public int sequenceLength() {
        return counted.sequenceLength();
    }

    @Override
    public Stream<int[]> open(long first) {
        BatchReplay pass = counted.replay();
        Stream<int[]> sequences = context.read(Topic.TOKEN_BATCHES, dataset)
                .flatMap(entry -> Stream.ofNullable(entry.event())
                        .filter(batch -> counted.concerns(batch) && pass.admits(batch, BatchRecord.of(entry.origin()))))
                .filter(batch -> batch.split() == Split.TRAINING)
                .flatMap(TokenBatchSource::sequences);
        // At the end of a pass: it must have been the same sequences, each once.
        Stream<int[]> end = Stream.of(pass).flatMap(TokenBatchSource::requireComplete);
        return Stream.concat(sequences, end).skip(first);
    }

    @Override
    public SortedMap<String, String> ledger() {
        return counted.ledger();
    }

    private static Stream<int[]> requireComplete(BatchReplay pass) {
        if (!pass.complete()) {
            throw new InvalidInputException(Reason.of("pretrain.batchesMissing"));
        }
        return Stream.empty();
    }

    /** Batches of other tokenizers lie between; what the stage has refused is in the dead letters. */
    private static Function<JobContext.Entry<TokenBatch>, Stream<TokenBatch>> admittedBy(BatchSequence sequence) {
        return entry -> {
            TokenBatch batch = entry.event();
            if (batch == null || !sequence.concerns(batch)) {
                return Stream.empty();
            }
            try {
                sequence.admit(batch, BatchRecord.of(entry.origin()));
                return Stream.of(batch);
            } catch (PoisonEventException e) {
                return Stream.empty();
            }
        };
    }

    private static Stream<int[]> sequences(TokenBatch batch) {
        return IntStream.range(0, batch.sequences()).mapToObj(batch::sequence);
    }
}
