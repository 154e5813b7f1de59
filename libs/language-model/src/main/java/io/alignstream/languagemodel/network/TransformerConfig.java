package io.alignstream.languagemodel.network;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.check.JsonFault;
import io.alignstream.contracts.messages.Messages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Shape of a Llama-shaped network (Llama, Qwen2, Qwen3, EuroBERT), as {@code config.json} of a Hugging Face model states it.
 *
 * @param vocabularySize number of token ids
 * @param layers number of blocks
 * @param width size of a hidden state
 * @param heads query heads
 * @param keyValueHeads key and value heads; divides {@code heads}
 * @param feedForwardWidth inner size of the SwiGLU block
 * @param maxPositions longest sequence, in tokens
 * @param ropeTheta base of the rotary position frequencies
 * @param normEpsilon added to the mean square in RMSNorm
 * @param tiedEmbeddings whether the output projection is the embedding
 * @param variant biases, head size and whatever else differs between families of models
 */
public record TransformerConfig(
        int vocabularySize,
        int layers,
        int width,
        int heads,
        int keyValueHeads,
        int feedForwardWidth,
        int maxPositions,
        double ropeTheta,
        double normEpsilon,
        boolean tiedEmbeddings,
        Variant variant) {

    private static final long MAX_ROTARY_TABLE = 1L << 28;
    /** Python writes numbers that are not finite, too. */
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();

    public TransformerConfig {
        positive("vocabularySize", vocabularySize);
        positive("layers", layers);
        positive("width", width);
        positive("heads", heads);
        positive("keyValueHeads", keyValueHeads);
        positive("feedForwardWidth", feedForwardWidth);
        positive("maxPositions", maxPositions);
        if ((long) maxPositions * variant.headWidth() > MAX_ROTARY_TABLE) {
            throw new IllegalArgumentException("maxPositions " + maxPositions + " times head_dim " + variant.headWidth()
                    + " exceeds the limit of " + MAX_ROTARY_TABLE + "; lower max_position_embeddings");
        }
        if (heads % keyValueHeads != 0) {
            throw new IllegalArgumentException(
                    "heads " + heads + " must be a multiple of keyValueHeads " + keyValueHeads);
        }
        if (!(ropeTheta > 0) || !(normEpsilon > 0)) {
            throw new IllegalArgumentException(
                    "ropeTheta " + ropeTheta + " and normEpsilon " + normEpsilon + " must be positive");
        }
    }

    /** A Llama whose heads share the width equally, which must be an even multiple of their number. */
    public TransformerConfig(
            int vocabularySize,
            int layers,
            int width,
            int heads,
            int keyValueHeads,
            int feedForwardWidth,
            int maxPositions,
            double ropeTheta,
            double normEpsilon,
            boolean tiedEmbeddings) {
        this(
                vocabularySize,
                layers,
                width,
                heads,
                keyValueHeads,
                feedForwardWidth,
                maxPositions,
                ropeTheta,
                normEpsilon,
                tiedEmbeddings,
                Variant.llama(evenShare(width, heads)));
    }

    /** A network of {@code layers} blocks with heads of 32 and a feed-forward width of 8/3 the width, embeddings tied. */
    public static TransformerConfig of(int vocabularySize, int layers, int width, int maxPositions) {
        int heads = Math.max(1, width / 32);
        int feedForward = (width * 8 / 3 + 31) / 32 * 32;
        return new TransformerConfig(
                vocabularySize, layers, width, heads, heads, feedForward, maxPositions, 10_000, 1e-6, true);
    }

    /** The same network with only its first {@code count} blocks. */
    public TransformerConfig withLayers(int count) {
        return with(vocabularySize, count);
    }

    /** The same network with embeddings for {@code size} token ids. */
    public TransformerConfig withVocabulary(int size) {
        return with(size, layers);
    }

    /** One block of the network alone, for one token at one position. */
    TransformerConfig block() {
        return with(1, 1, 1);
    }

    private TransformerConfig with(int newVocabularySize, int newLayers) {
        return with(newVocabularySize, newLayers, maxPositions);
    }

    private TransformerConfig with(int newVocabularySize, int newLayers, int newPositions) {
        return new TransformerConfig(
                newVocabularySize,
                newLayers,
                width,
                heads,
                keyValueHeads,
                feedForwardWidth,
                newPositions,
                ropeTheta,
                normEpsilon,
                tiedEmbeddings,
                variant);
    }

    /** The same network, in which each token takes from those behind it, too. */
    public TransformerConfig bothWays() {
        return new TransformerConfig(
                vocabularySize,
                layers,
                width,
                heads,
                keyValueHeads,
                feedForwardWidth,
                maxPositions,
                ropeTheta,
                normEpsilon,
                tiedEmbeddings,
                new Variant(
                        Architecture.EUROBERT, variant.headWidth(), variant.attentionBias(), false, variant.scaling()));
    }

    /** Whether each token takes from those behind it, too: such a network fills blanks and cannot write. */
    public boolean bidirectional() {
        return variant.architecture().bidirectional();
    }

    /** Size of one head. */
    public int headWidth() {
        return variant.headWidth();
    }

    /** Number of weights, without a scalar head. */
    public long parameters() {
        return Weights.shapes(this).values().stream().mapToLong(Shape::size).sum();
    }

    /**
     * Reads {@code config.json} in {@code folder}: that of a Llama, Qwen2, Qwen3 or EuroBERT.
     *
     * @throws IOException if the file is missing, not JSON, or describes a network that the program does not compute
     */
    public static TransformerConfig load(Path folder) throws IOException {
        Path file = folder.resolve("config.json");
        try {
            return ConfigJson.read(JSON.readTree(Files.readAllBytes(file)));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        } catch (JsonProcessingException e) {
            throw new IOException(file + " is no valid JSON: " + Messages.english(JsonFault.of(e)), e);
        } catch (NoSuchFileException e) {
            throw new IOException(file + " is missing; give the folder in which a model's config.json lies", e);
        }
    }

    /**
     * Writes {@code config.json} and, of a network that can write, {@code generation_config.json} to {@code folder}.
     *
     * @param endTokens ids that end a generation, the first one is the end of a document
     * @param padToken id of the padding
     */
    public void save(Path folder, int[] endTokens, int padToken) throws IOException {
        Files.write(folder.resolve("config.json"), ConfigJson.write(this, endTokens, padToken));
        if (!bidirectional()) {
            Files.write(folder.resolve("generation_config.json"), ConfigJson.writeGeneration(endTokens, padToken));
        }
    }

    /** A head's size where heads share the width equally. */
    static int evenShare(int width, int heads) {
        if (heads <= 0 || width % heads != 0 || (width / heads) % 2 != 0) {
            throw new IllegalArgumentException("width " + width + " must be an even multiple of heads " + heads);
        }
        return width / heads;
    }

    private static void positive(String field, int value) {
        if (value <= 0) {
            throw new IllegalArgumentException(field + " must be positive but is " + value);
        }
    }
}
