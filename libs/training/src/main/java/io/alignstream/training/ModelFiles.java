package io.alignstream.training;

import io.alignstream.languagemodel.checkpoint.ModelWeights;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A model as a checkpoint holds it: a Hugging Face directory, and files of the stage beside it. Immutable.
 *
 * @param config shape of the network
 * @param ends ids that end a generation, the first one is the usual one
 * @param weights on the host
 * @param metadata of the weights' file
 * @param others content of further files by their name
 */
public record ModelFiles(
        TransformerConfig config,
        Tokenizer tokenizer,
        int[] ends,
        Map<String, Tensor> weights,
        Map<String, String> metadata,
        SortedMap<String, Content> others) {

    /** What transformers look for before they read a file. */
    private static final Map<String, String> TORCH = Map.of("format", "pt");

    /** Writes a file. */
    @FunctionalInterface
    public interface Content {
        void write(Path file) throws IOException;
    }

    /** A model whose generations end with {@code ends}. */
    public static ModelFiles of(
            TransformerConfig config, Tokenizer tokenizer, int[] ends, Map<String, Tensor> weights) {
        return new ModelFiles(config, tokenizer, ends, weights, Map.of(), new TreeMap<>());
    }

    /** The same, marked as weights of PyTorch. */
    public ModelFiles inTorchFormat() {
        return new ModelFiles(config, tokenizer, ends, weights, TORCH, others);
    }

    /** The same with a text beside it. */
    public ModelFiles with(String file, String text) {
        return adding(file, path -> Files.writeString(path, text, StandardCharsets.UTF_8));
    }

    /** The same with further tensors beside it. */
    public ModelFiles with(String file, Map<String, Tensor> tensors) {
        return adding(file, path -> Safetensors.write(path, tensors, TORCH));
    }

    /** The same with a file beside it that is made when it is written. */
    public ModelFiles with(String file, Content content) {
        return adding(file, content);
    }

    private ModelFiles adding(String file, Content content) {
        SortedMap<String, Content> more = new TreeMap<>(others);
        more.put(file, content);
        return new ModelFiles(config, tokenizer, ends, weights, metadata, more);
    }

    void write(Path folder) throws IOException {
        config.save(folder, ends, tokenizer.pad());
        tokenizer.save(folder);
        Safetensors.write(folder.resolve(ModelWeights.FILE), weights, metadata);
        for (Map.Entry<String, Content> other : others.entrySet()) {
            other.getValue().write(folder.resolve(other.getKey()));
        }
    }
}
