package io.alignstream.inference;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Random models of 16,000 weights that answer at length: their control tokens are improbable. */
public final class TinyModel {

    static final int POSITIONS = 8_192;
    static final Tokenizer TOKENIZER = new BpeTrainer(400)
            .train(Stream.of(
                    "The train to Shanghai leaves at nine, the train to Beijing leaves at ten.",
                    "去上海的火车九点开，去北京的火车十点开。去上海的火车九点开，去北京的火车十点开。"));

    private TinyModel() {}

    /** Saves the model drawn from {@code seed}. */
    public static Reference save(CheckpointStore store, long seed) throws IOException {
        return save(store, seed, Map.of(), List.of());
    }

    /** Saves a model whose probabilities are no numbers. */
    static Reference saveBroken(CheckpointStore store) throws IOException {
        return save(store, 3, Map.of(), List.of(), Float.NaN);
    }

    /** Saves the model drawn from {@code seed}, made from {@code parents} and {@code datasets}. */
    static Reference save(
            CheckpointStore store, long seed, Map<String, Reference> parents, List<DatasetSnapshot> datasets)
            throws IOException {
        return save(store, seed, parents, datasets, 100);
    }

    private static Reference save(
            CheckpointStore store,
            long seed,
            Map<String, Reference> parents,
            List<DatasetSnapshot> datasets,
            float certainty)
            throws IOException {
        TransformerConfig config =
                new TransformerConfig(TOKENIZER.vocabularySize(), 1, 16, 1, 1, 32, POSITIONS, 10_000, 1e-6, false);
        Map<String, Tensor> tensors;
        try (Transformer network = Transformer.initialise(config, seed)) {
            tensors = new LinkedHashMap<>(network.tensors());
        }
        tensors.computeIfPresent("lm_head.weight", (name, head) -> peaked(head, certainty));
        Manifest draft = Manifest.draft(Stage.RLHF, "seed-" + seed, 1)
                .withComplete(true)
                .withParents(parents)
                .withDatasets(datasets);
        return store.save(draft, folder -> {
            config.save(folder, new int[] {TOKENIZER.endOfDocument(), TOKENIZER.endOfTurn()}, TOKENIZER.pad());
            TOKENIZER.save(folder);
            Safetensors.write(folder.resolve("model.safetensors"), tensors, Map.of("format", "pt"));
        });
    }

    /** Saves a reward model whose judge is drawn from {@code seed}. */
    static Reference saveRewardModel(CheckpointStore store, long seed) throws IOException {
        TransformerConfig config =
                new TransformerConfig(TOKENIZER.vocabularySize(), 1, 16, 1, 1, 32, POSITIONS, 10_000, 1e-6, false);
        try (Transformer network = Transformer.initialise(config, seed)) {
            network.addHead(seed);
            return store.save(Manifest.draft(Stage.REWARD, "judge-" + seed, 1).withComplete(true), folder -> {
                config.save(folder, new int[] {TOKENIZER.endOfTurn()}, TOKENIZER.pad());
                TOKENIZER.save(folder);
                for (String file : List.of("model.safetensors", RewardModel.JUDGE_FILE)) {
                    Safetensors.write(folder.resolve(file), network.tensors(), Map.of("format", "pt"));
                }
            });
        }
    }

    /** Large logits for text, zero for control tokens. */
    private static Tensor peaked(Tensor head, float certainty) {
        float[] values = head.toFloats();
        int width = (int) head.shape()[1];
        for (int i = 0; i < values.length; i++) {
            values[i] *= TOKENIZER.byteLength(i / width) == 0 ? 0 : certainty;
        }
        return Tensor.of(values, head.shape());
    }

    static ModelRelease release(ModelRelease.Verdict verdict, Reference reference) {
        return new ModelRelease(
                "alignstream", verdict, reference, run(reference), Map.of("winRate", 0.75), "for the test");
    }

    /** Each model is a candidate of its own. */
    static String run(Reference reference) {
        return "run-" + reference.sha256().substring(0, 12);
    }
}
