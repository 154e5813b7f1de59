package io.alignstream.local.pipeline;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.exchange.HuggingFaceModel;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * A model of others as the pipeline's base model: what is announced when its tokenizer and weights are in the store.
 *
 * @param tokenizer learned from no documents of ours, under a name of its own: pretraining does not take it up
 * @param base a finished run of no steps, whose id depends on the model's content only
 */
public record BaseModelImport(TrainedTokenizer tokenizer, Checkpoint base) {

    /** Name of imported tokenizers in their topic. */
    public static final String TOKENIZER_NAME = "imported";

    private static final int ID_DIGITS = 12;

    /** Copies {@code model} to {@code store}; importing the same model again gives the same references. */
    public static BaseModelImport save(HuggingFaceModel model, CheckpointStore store) throws IOException {
        int ids = model.tokenizer().vocabularySize();
        String tokenizerSha256 = model.tokenizer().sha256();
        Reference tokenizer = store.save(
                Manifest.draft(Stage.TOKENIZER, tokenizerSha256.substring(0, ID_DIGITS), ids)
                        .withComplete(true)
                        .withMetrics(Map.of("vocabularySize", (double) ids))
                        .withFingerprint(Map.of("tokenizer", tokenizerSha256)),
                model.tokenizer()::save);
        String run = model.sha256().substring(0, ID_DIGITS);
        Map<String, Reference> parents = Map.of("tokenizer", tokenizer);
        Map<String, Double> metrics =
                Map.of("parameters", (double) model.config().parameters());
        Reference base = store.save(
                Manifest.draft(Stage.PRETRAIN, run, 0)
                        .withComplete(true)
                        .withParents(parents)
                        .withHyperparameters(Map.of(
                                "imported",
                                model.config().variant().architecture().modelType()))
                        .withMetrics(metrics),
                model::save);
        return new BaseModelImport(
                new TrainedTokenizer(
                        TOKENIZER_NAME,
                        tokenizer,
                        ids,
                        tokenizerSha256,
                        new DatasetSnapshot(Topic.CLEAN_DOCUMENTS.name(), List.of())),
                new Checkpoint(Stage.PRETRAIN, run, 0, base, parents, List.of(), metrics));
    }
}
