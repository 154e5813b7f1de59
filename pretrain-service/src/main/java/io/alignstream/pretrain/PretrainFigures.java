package io.alignstream.pretrain;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.pretrain.data.PackedDocuments;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Data and newest model of the newest tokenizer, for the dashboard.
 *
 * @param tokenizer sha256 of {@code tokenizer.json}; null before the first tokenizer
 * @param trainingSequences packed so far
 * @param validationSequences packed so far
 * @param trainingTokens packed so far
 * @param newTokens training tokens that the newest model has not seen
 * @param gone training sequences that the newest model was trained on, and are there no more or not yet again
 * @param nextRunAt new tokens that start the next run
 * @param model the newest model, null if there is none
 */
public record PretrainFigures(
        @Nullable String tokenizer,
        int vocabularySize,
        long trainingSequences,
        long validationSequences,
        long trainingTokens,
        long newTokens,
        long gone,
        long nextRunAt,
        @Nullable Model model) {

    static final PretrainFigures NONE = new PretrainFigures(null, 0, 0, 0, 0, 0, 0, 0, null);

    /** A finished base model. */
    public record Model(String run, String sha256, long step, Map<String, Double> metrics) {}

    /**
     * The figures of one tokenizer.
     *
     * @param models base models of the tokenizer, oldest first
     */
    static PretrainFigures of(
            TrainedTokenizer tokenizer, PackedDocuments documents, List<Checkpoint> models, long nextRunAt) {
        long seen = 0;
        Model newest = null;
        if (!models.isEmpty()) {
            Checkpoint model = models.getLast();
            seen = model.metrics()
                    .getOrDefault(PretrainLoop.TRAINING_SEQUENCES, 0.0)
                    .longValue();
            newest = new Model(model.run(), model.reference().sha256(), model.step(), model.metrics());
        }
        long length = documents.sequenceLength();
        return new PretrainFigures(
                tokenizer.sha256(),
                tokenizer.vocabularySize(),
                documents.trainingSequences(),
                documents.validationSequences(),
                documents.trainingSequences() * length,
                Math.max(0, documents.trainingSequences() - seen) * length,
                Math.max(0, seen - documents.trainingSequences()),
                nextRunAt,
                newest);
    }
}
