package io.alignstream.languagemodel.exchange;

import io.alignstream.contracts.hash.Sha256;
import io.alignstream.languagemodel.checkpoint.ModelWeights;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.network.Weights;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.tokenizer.format.ChatConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SequencedMap;

/**
 * A Hugging Face directory that others wrote, checked as a whole and ready to be a base model of ours.
 *
 * <p>Weights keep their element type and are not held in memory: their bytes stay in the mapped files. Our control tokens
 * (see {@code ControlToken}) need a row of the embedding each; where the network has fewer rows than the tokenizer has
 * ids, rows with the mean of all others are added, which a model that never saw these tokens treats as any word. Rows beyond
 * the tokenizer's ids, which some models have as padding, are dropped: nobody could read such a token.
 *
 * @param config of the network, with as many token ids as the embedding has rows now
 * @param tokenizer with our control tokens
 * @param tensors the weights that {@code config} names
 * @param hasTemplate whether a chat template came with it; that may be ours
 */
public record HuggingFaceModel(
        TransformerConfig config, Tokenizer tokenizer, SequencedMap<String, Tensor> tensors, boolean hasTemplate) {

    /**
     * Reads and checks {@code folder}.
     *
     * @throws IOException if a file is missing or damaged, or the network or the tokenizer is not supported; says what
     *     and why
     */
    public static HuggingFaceModel load(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new IOException(folder + " is no folder; give the folder with config.json, or a GGUF file");
        }
        TransformerConfig config = TransformerConfig.load(folder);
        return of(config, Weights.require(config, ModelWeights.read(folder), folder.toString()), folder);
    }

    /** With the tokenizer of {@code folder}. */
    static HuggingFaceModel of(TransformerConfig config, SequencedMap<String, Tensor> tensors, Path folder)
            throws IOException {
        Tokenizer tokenizer = tokenizer(folder);
        int ids = tokenizer.vocabularySize();
        for (String name : new String[] {"model.embed_tokens.weight", "lm_head.weight"}) {
            tensors.computeIfPresent(name, (same, rows) -> MeanRows.resize(rows, ids));
        }
        return new HuggingFaceModel(
                config.withVocabulary(ids),
                tokenizer,
                tensors,
                ChatConfig.read(folder).isPresent());
    }

    private static Tokenizer tokenizer(Path folder) throws IOException {
        Path file = folder.resolve(Tokenizer.TOKENIZER_FILE);
        if (!Files.isRegularFile(file)) {
            throw new IOException(file + " is missing; other tokenizer files are not supported, write it with"
                    + " AutoTokenizer.from_pretrained(…).save_pretrained(…)");
        }
        try {
            return Tokenizer.load(folder);
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** Hash of configuration, tokenizer and weights, 64 lower-case hexadecimal digits; reads all weights. */
    public String sha256() {
        Sha256 sha256 = new Sha256().add(config + "\n" + tokenizer.sha256() + "\n");
        tensors.forEach((name, tensor) -> sha256.add(name + tensor.type()).add(tensor.data()));
        return sha256.hex();
    }

    /** Writes the files of a base checkpoint into {@code folder}. */
    public void save(Path folder) throws IOException {
        config.save(folder, new int[] {tokenizer.endOfTurn(), tokenizer.endOfDocument()}, tokenizer.pad());
        tokenizer.save(folder);
        Safetensors.write(folder.resolve(ModelWeights.FILE), tensors, Map.of("format", "pt"));
    }
}
