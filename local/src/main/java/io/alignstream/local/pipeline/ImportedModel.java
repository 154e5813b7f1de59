package io.alignstream.local.pipeline;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.exchange.HuggingFaceModel;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A model of others in the pipeline: what is announced when its tokenizer and weights are in the store.
 *
 * @param tokenizer learned from no documents of ours, under a name of its own: pretraining does not take it up
 * @param base a finished run of no steps, whose id depends on the model's content only
 * @param tuned the same weights as a fine-tuned model, which can be ranked and aligned at once; empty where it is a base only
 * @param release that it is served at once; empty unless it is
 */
public record ImportedModel(
        TrainedTokenizer tokenizer, Checkpoint base, Optional<Checkpoint> tuned, Optional<ModelRelease> release) {

    /** Name of imported tokenizers in their topic. */
    public static final String TOKENIZER_NAME = "imported";

    private static final String RELEASE_NAME = "alignstream";
    private static final int ID_DIGITS = 12;

    /** What a model enters the pipeline as. */
    public enum Role {
        /** Fine-tuning starts from it. */
        BASE,
        /** It can chat already: it goes to rankings and RLHF; instructions that come fine-tune it. */
        SFT,
        /** It is served until a better one is approved, besides. */
        RELEASE
    }

    /**
     * Copies {@code model} to {@code store}; importing the same model again gives the same references.
     *
     * @throws IllegalArgumentException if it is to chat and came without a chat template
     */
    public static ImportedModel save(HuggingFaceModel model, Role role, CheckpointStore store) throws IOException {
        requireChat(model, role);
        int ids = model.tokenizer().vocabularySize();
        String tokenizerSha256 = model.tokenizer().sha256();
        Reference tokenizer = store.save(
                Manifest.draft(Stage.TOKENIZER, tokenizerSha256.substring(0, ID_DIGITS), ids)
                        .withComplete(true)
                        .withMetrics(Map.of("vocabularySize", (double) ids))
                        .withFingerprint(Map.of("tokenizer", tokenizerSha256)),
                model.tokenizer()::save);
        Checkpoint base = saved(model, Stage.PRETRAIN, Map.of("tokenizer", tokenizer), List.of(), store);
        Optional<Checkpoint> tuned = role == Role.BASE
                ? Optional.empty()
                : Optional.of(saved(
                        model,
                        Stage.SFT,
                        Map.of("base", base.reference()),
                        List.of(nothing(Topic.INSTRUCTIONS), nothing(Topic.PROMPTS)),
                        store));
        return new ImportedModel(
                new TrainedTokenizer(TOKENIZER_NAME, tokenizer, ids, tokenizerSha256, nothing(Topic.CLEAN_DOCUMENTS)),
                base,
                tuned,
                tuned.filter(checkpoint -> role == Role.RELEASE).map(ImportedModel::release));
    }

    /** Refuses a model that is to chat and came without a chat template. */
    public static void requireChat(HuggingFaceModel model, Role role) {
        if (role != Role.BASE && !model.hasTemplate()) {
            throw new IllegalArgumentException("the model has no chat template, so it cannot have learned to chat;"
                    + " import it as base and fine-tune it");
        }
    }

    /** What was learned of a topic of ours. */
    private static DatasetSnapshot nothing(Topic<?> topic) {
        return new DatasetSnapshot(topic.name(), List.of());
    }

    private static Checkpoint saved(
            HuggingFaceModel model,
            Stage stage,
            Map<String, Reference> parents,
            List<DatasetSnapshot> datasets,
            CheckpointStore store)
            throws IOException {
        String run = model.sha256().substring(0, ID_DIGITS);
        Map<String, Double> metrics =
                Map.of("parameters", (double) model.config().parameters());
        Reference reference = store.save(
                Manifest.draft(stage, run, 0)
                        .withComplete(true)
                        .withParents(parents)
                        .withDatasets(datasets)
                        .withHyperparameters(Map.of(
                                "imported",
                                model.config().variant().architecture().modelType()))
                        .withMetrics(metrics),
                model::save);
        return new Checkpoint(stage, run, 0, reference, parents, datasets, metrics);
    }

    private static ModelRelease release(Checkpoint tuned) {
        Reason reason = Reason.of("release.imported");
        return new ModelRelease(
                RELEASE_NAME,
                ModelRelease.Verdict.APPROVED,
                tuned.reference(),
                tuned.run(),
                Map.of(),
                Messages.english(reason),
                reason,
                null);
    }
}
