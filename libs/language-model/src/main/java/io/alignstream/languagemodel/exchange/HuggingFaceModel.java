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
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;

/**
 * A Hugging Face directory that others wrote, checked as a whole and ready to be a base model of ours.
 *
 * <p>Weights keep their element type and are not held in memory: their bytes stay in the mapped files. Our control tokens
 * (see {@code ControlToken}) need a row of the embedding each; where the network has fewer rows than the tokenizer has
 * ids, rows with the mean of all others are added, which a model that never saw these tokens treats as any word. Rows beyond
 * the tokenizer's ids, which some models have as padding, are dropped: nobody could read such a token. What no model can be
 * computed with is refused: a weight that is no number, a token of the file that has no row.
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
        return of(folder.toString(), config, ModelWeights.read(folder), folder);
    }

    /**
     * With the tokenizer of {@code folder}.
     *
     * @param name of the model, for complaints
     * @param read weights that {@code config} may name or not
     */
    static HuggingFaceModel of(String name, TransformerConfig config, SequencedMap<String, Tensor> read, Path folder)
            throws IOException {
        SequencedMap<String, Tensor> tensors = Weights.require(config, read, name);
        Tokenizer tokenizer = tokenizer(folder, config.vocabularySize());
        int ids = tokenizer.vocabularySize();
        for (String matrix : new String[] {"model.embed_tokens.weight", "lm_head.weight"}) {
            tensors.computeIfPresent(matrix, (same, rows) -> MeanRows.resize(rows, ids));
        }
        requireFinite(name, tensors); // rows that nobody reads are gone
        return new HuggingFaceModel(
                config.withVocabulary(ids),
                tokenizer,
                tensors,
                ChatConfig.read(folder).isPresent());
    }

    /**
     * Refuses a model that only fills blanks.
     *
     * @param what for, as it goes on after "cannot be"
     * @throws IOException if attention goes both ways
     */
    public void requireCausal(String what) throws IOException {
        if (config.bidirectional()) {
            throw new IOException("a " + config.variant().architecture().modelType()
                    + " model fills blanks and cannot go on with a text, so it cannot be " + what
                    + "; give a Llama, Mistral, Qwen2 or Qwen3 model");
        }
    }

    private static void requireFinite(String name, SequencedMap<String, Tensor> tensors) throws IOException {
        SequencedMap<String, Long> damaged = new LinkedHashMap<>();
        tensors.forEach((weight, tensor) -> {
            long count = tensor.notFinite();
            if (count > 0) {
                damaged.put(weight, count);
            }
        });
        if (!damaged.isEmpty()) {
            Map.Entry<String, Long> first = damaged.firstEntry();
            throw new IOException(
                    "%s: of the %,d values of %s %,d are NaN or infinite%s; the file is damaged or the training"
                                    .formatted(
                                            name,
                                            Objects.requireNonNull(tensors.get(first.getKey()))
                                                    .elements(),
                                            first.getKey(),
                                            first.getValue(),
                                            damaged.size() == 1
                                                    ? ""
                                                    : ", and some of %,d more tensors".formatted(damaged.size() - 1))
                            + " went wrong: copy it again, or take an earlier checkpoint");
        }
    }

    private static Tokenizer tokenizer(Path folder, int rows) throws IOException {
        Path file = folder.resolve(Tokenizer.TOKENIZER_FILE);
        if (!Files.isRegularFile(file)) {
            throw new IOException(file + " is missing; other tokenizer files are not supported, write it with"
                    + " AutoTokenizer.from_pretrained(…).save_pretrained(…)");
        }
        try {
            return Tokenizer.load(folder, rows);
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
