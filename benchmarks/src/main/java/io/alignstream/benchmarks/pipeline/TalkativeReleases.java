package io.alignstream.benchmarks.pipeline;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.ModelWeights;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Releases with random weights that write texts to their full length, so that inference-service serves them. */
final class TalkativeReleases {

    private static final int POSITIONS = 1_024;
    private static final String HEAD = "lm_head.weight";
    /** Texts are long, and not so certain that what was said before tells what comes. */
    private static final float CERTAINTY = 5;

    private TalkativeReleases() {}

    /**
     * Stores so many models, each of which has drawn other weights, and returns that they are approved.
     *
     * @param root of the store
     * @param copies where the store may keep copies
     */
    static List<ModelRelease> write(Path root, Path copies, int layers, int width, int count) throws IOException {
        Tokenizer tokenizer = new BpeTrainer(1_000).train(Stream.of("Which train goes to Shanghai? The one at nine."));
        TransformerConfig tied = TransformerConfig.of(tokenizer.vocabularySize(), layers, width, POSITIONS);
        TransformerConfig shape = new TransformerConfig(
                tied.vocabularySize(),
                layers,
                width,
                tied.heads(),
                tied.keyValueHeads(),
                tied.feedForwardWidth(),
                POSITIONS,
                tied.ropeTheta(),
                tied.normEpsilon(),
                false);
        List<ModelRelease> releases = new ArrayList<>();
        Path files = Files.createDirectories(root);
        try (CheckpointStore store = CheckpointStore.open(files.toUri(), copies)) {
            for (int seed = 1; seed <= count; seed++) {
                try (Transformer network = Transformer.initialise(shape, seed)) {
                    String run = "seed-" + seed;
                    Reference reference =
                            store.save(Manifest.draft(Stage.RLHF, run, 1).withComplete(true), model -> {
                                shape.save(
                                        model,
                                        new int[] {tokenizer.endOfDocument(), tokenizer.endOfTurn()},
                                        tokenizer.pad());
                                tokenizer.save(model);
                                Map<String, Tensor> weights = new LinkedHashMap<>(network.tensors());
                                weights.computeIfPresent(HEAD, (name, head) -> talkative(head, tokenizer));
                                Safetensors.write(model.resolve(ModelWeights.FILE), weights, Map.of("format", "pt"));
                            });
                    releases.add(new ModelRelease(
                            "alignstream", ModelRelease.Verdict.APPROVED, reference, run, Map.of(), "a benchmark"));
                }
            }
        }
        return releases;
    }

    /** A model of random weights that writes texts to their full length: it hardly ever leaves its turn. */
    private static Tensor talkative(Tensor head, Tokenizer tokenizer) {
        float[] values = head.toFloats();
        int width = (int) head.shape()[1];
        for (int i = 0; i < values.length; i++) {
            values[i] *= tokenizer.byteLength(i / width) == 0 ? 0 : CERTAINTY;
        }
        return Tensor.of(values, head.shape());
    }
}
