package io.alignstream.benchmarks.harness;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.languagemodel.exchange.HuggingFaceModel;
import io.alignstream.languagemodel.network.Architecture;
import io.alignstream.languagemodel.network.RotaryScaling;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.network.Variant;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A Hugging Face directory of a network with random weights: as much work and memory as a real one of its shape, and nothing
 * to download.
 *
 * <p>Its tokenizer has learned two thousand tokens; the others up to the real one's number are pairs of these, which real
 * text hardly ever holds.
 */
public final class RandomModel {

    private static final int LEARNED = 2_048;
    private static final long TEXT_BYTES = 1 << 20;
    private static final long SEED = 1;

    private RandomModel() {}

    /** Qwen2.5's half-billion shape. */
    public static TransformerConfig halfBillion() {
        return new TransformerConfig(
                151_936,
                24,
                896,
                14,
                2,
                4_864,
                32_768,
                1e6,
                1e-6,
                true,
                new Variant(Architecture.QWEN2, 64, true, false, RotaryScaling.NONE));
    }

    /** SmolLM2's shape of 135 million parameters. */
    public static TransformerConfig smolLm() {
        return new TransformerConfig(49_152, 30, 576, 9, 3, 1_536, 8_192, 100_000, 1e-5, true);
    }

    /** Writes the directory and returns its tokenizer. */
    public static Tokenizer write(TransformerConfig shape, Path folder) throws IOException {
        Tokenizer tokenizer = tokenizer(shape.vocabularySize());
        try (Transformer network = Transformer.initialise(shape, SEED)) {
            Files.createDirectories(folder);
            new HuggingFaceModel(shape, tokenizer, network.tensors(), true).save(folder);
        }
        return tokenizer;
    }

    private static Tokenizer tokenizer(int size) throws IOException {
        Tokenizer learned = new BpeTrainer(LEARNED).train(new MixedText(SEED).documents(TEXT_BYTES).stream());
        JsonMapper json = JsonMapper.builder().build();
        ObjectNode file = (ObjectNode) json.readTree(learned.toJson());
        ObjectNode vocabulary = (ObjectNode) file.path("model").path("vocab");
        ArrayNode merges = (ArrayNode) file.path("model").path("merges");
        List<String> tokens = new ArrayList<>();
        vocabulary.fieldNames().forEachRemaining(tokens::add);
        int next = learned.vocabularySize();
        for (String left : tokens) {
            for (String right : tokens) {
                if (next < size && !vocabulary.has(left + right)) {
                    vocabulary.put(left + right, next);
                    merges.addArray().add(left).add(right);
                    next++;
                }
            }
        }
        return Tokenizer.load(json.writeValueAsBytes(file));
    }
}
