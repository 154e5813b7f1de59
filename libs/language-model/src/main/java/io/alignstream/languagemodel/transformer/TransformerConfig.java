package io.alignstream.languagemodel.transformer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Shape of a Llama-shaped network, as {@code config.json} of a Hugging Face model states it.
 *
 * @param vocabularySize number of token ids
 * @param layers number of blocks
 * @param width size of a hidden state
 * @param heads query heads; divides {@code width}
 * @param keyValueHeads key and value heads; divides {@code heads}
 * @param feedForwardWidth inner size of the SwiGLU block
 * @param maxPositions longest sequence, in tokens
 * @param ropeTheta base of the rotary position frequencies
 * @param normEpsilon added to the mean square in RMSNorm
 * @param tiedEmbeddings whether the output projection is the embedding
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
        boolean tiedEmbeddings) {

    private static final ObjectMapper JSON = new ObjectMapper();

    public TransformerConfig {
        positive("vocabularySize", vocabularySize);
        positive("layers", layers);
        positive("width", width);
        positive("heads", heads);
        positive("keyValueHeads", keyValueHeads);
        positive("feedForwardWidth", feedForwardWidth);
        positive("maxPositions", maxPositions);
        if (width % heads != 0 || (width / heads) % 2 != 0) {
            throw new IllegalArgumentException("width " + width + " must be an even multiple of heads " + heads);
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

    /** A network of {@code layers} blocks with heads of 32 and a feed-forward width of 8/3 the width, embeddings tied. */
    public static TransformerConfig of(int vocabularySize, int layers, int width, int maxPositions) {
        int heads = Math.max(1, width / 32);
        int feedForward = (width * 8 / 3 + 31) / 32 * 32;
        return new TransformerConfig(
                vocabularySize, layers, width, heads, heads, feedForward, maxPositions, 10_000, 1e-6, true);
    }

    /** The same network with only its first {@code count} blocks. */
    public TransformerConfig withLayers(int count) {
        return new TransformerConfig(
                vocabularySize,
                count,
                width,
                heads,
                keyValueHeads,
                feedForwardWidth,
                maxPositions,
                ropeTheta,
                normEpsilon,
                tiedEmbeddings);
    }

    /** Size of one head. */
    public int headWidth() {
        return width / heads;
    }

    /** Number of weights, without a scalar head. */
    public long parameters() {
        long attention = (long) width * headWidth() * (2L * heads + 2L * keyValueHeads);
        long block = attention + 3L * width * feedForwardWidth + 2L * width;
        return (long) vocabularySize * width * (tiedEmbeddings ? 1 : 2) + layers * block + width;
    }

    /**
     * Reads {@code config.json} in {@code folder}.
     *
     * @throws IOException if the file is missing, not JSON, or describes a network that is not Llama-shaped
     */
    public static TransformerConfig load(Path folder) throws IOException {
        Path file = folder.resolve("config.json");
        JsonNode json = JSON.readTree(Files.readAllBytes(file));
        String type = json.path("model_type").asText();
        if (!"llama".equals(type)) {
            throw new IOException(file + ": model_type is \"" + type + "\"; supported is \"llama\"");
        }
        try {
            int heads = json.path("num_attention_heads").asInt();
            return new TransformerConfig(
                    json.path("vocab_size").asInt(),
                    json.path("num_hidden_layers").asInt(),
                    json.path("hidden_size").asInt(),
                    heads,
                    json.path("num_key_value_heads").asInt(heads),
                    json.path("intermediate_size").asInt(),
                    json.path("max_position_embeddings").asInt(),
                    json.path("rope_theta").asDouble(10_000),
                    json.path("rms_norm_eps").asDouble(1e-6),
                    json.path("tie_word_embeddings").asBoolean(false));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    /**
     * Writes {@code config.json} and {@code generation_config.json} to {@code folder}.
     *
     * @param endTokens ids that end a generation, the first one is the end of a document
     * @param padToken id of the padding
     */
    public void save(Path folder, int[] endTokens, int padToken) throws IOException {
        ObjectNode json = JSON.createObjectNode();
        json.putArray("architectures").add("LlamaForCausalLM");
        json.put("model_type", "llama");
        json.put("vocab_size", vocabularySize);
        json.put("num_hidden_layers", layers);
        json.put("hidden_size", width);
        json.put("num_attention_heads", heads);
        json.put("num_key_value_heads", keyValueHeads);
        json.put("head_dim", headWidth());
        json.put("intermediate_size", feedForwardWidth);
        json.put("max_position_embeddings", maxPositions);
        json.put("rope_theta", ropeTheta);
        json.put("rms_norm_eps", normEpsilon);
        json.put("tie_word_embeddings", tiedEmbeddings);
        json.put("hidden_act", "silu");
        json.put("attention_bias", false);
        json.put("mlp_bias", false);
        json.putNull("bos_token_id");
        json.put("eos_token_id", endTokens[0]);
        json.put("pad_token_id", padToken);
        json.put("torch_dtype", "float32");
        Files.write(
                folder.resolve("config.json"),
                JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json));
        ObjectNode generation = JSON.createObjectNode();
        for (int end : endTokens) {
            generation.withArray("eos_token_id").add(end);
        }
        generation.put("pad_token_id", padToken);
        generation.put("do_sample", true);
        Files.write(
                folder.resolve("generation_config.json"),
                JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(generation));
    }

    private static void positive(String field, int value) {
        if (value <= 0) {
            throw new IllegalArgumentException(field + " must be positive but is " + value);
        }
    }
}
