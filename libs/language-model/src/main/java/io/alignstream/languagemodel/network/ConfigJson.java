package io.alignstream.languagemodel.network;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/**
 * {@code config.json} and {@code generation_config.json} in the layout of Hugging Face's transformers.
 *
 * <p>Reading refuses what the program does not compute, such as attention in a sliding window: ignoring it would give
 * other logits without a word. Version 5 of transformers puts what it knows of rotary positions under {@code
 * rope_parameters}, earlier ones under {@code rope_theta} and {@code rope_scaling}; both are read, the earlier is written.
 */
final class ConfigJson {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int QWEN3_HEAD = 128;

    /**
     * A Llama whose attention slides: up to as many positions as its window has the network is the same, so that is what it
     * gets.
     */
    private static final String MISTRAL = "mistral";

    /** Where the file says none, as in transformers. */
    private static final int MISTRAL_KEY_VALUE_HEADS = 8;

    private ConfigJson() {}

    /** Fails with an {@link IllegalArgumentException} that says what is missing, wrong or unsupported. */
    static TransformerConfig read(JsonNode json) {
        String type = json.path("model_type").asText();
        boolean mistral = type.equals(MISTRAL);
        Architecture architecture = (mistral ? Optional.of(Architecture.LLAMA) : Architecture.of(type))
                .orElseThrow(() -> new IllegalArgumentException("model_type is \"" + type + "\"; supported are "
                        + Architecture.supported() + ", \"" + MISTRAL + '"'));
        refuse(json.hasNonNull("quantization_config"), "quantised weights are not supported; use fp32, fp16 or bf16");
        refuse(
                !json.path("hidden_act").asText("silu").equals("silu"),
                "hidden_act is " + json.path("hidden_act") + "; supported is \"silu\"");
        refuse(
                json.path("partial_rotary_factor").asDouble(1) != 1,
                "partial_rotary_factor is " + json.path("partial_rotary_factor") + "; supported is 1");
        int layers = integer(json, "num_hidden_layers");
        int width = integer(json, "hidden_size");
        int heads = integer(json, "num_attention_heads");
        int window = json.path("sliding_window").asInt(Integer.MAX_VALUE);
        int positions = integer(json, "max_position_embeddings");
        if (mistral) {
            positions = Math.min(positions, window);
        } else {
            refuseSlidingWindow(json, layers, positions, window);
        }
        JsonNode rope = json.path("rope_parameters");
        return new TransformerConfig(
                integer(json, "vocab_size"),
                layers,
                width,
                heads,
                json.path("num_key_value_heads").asInt(mistral ? MISTRAL_KEY_VALUE_HEADS : heads),
                integer(json, "intermediate_size"),
                positions,
                rope.path("rope_theta").asDouble(json.path("rope_theta").asDouble(10_000)),
                json.path("rms_norm_eps").asDouble(1e-6),
                json.path("tie_word_embeddings").asBoolean(false),
                new Variant(
                        architecture,
                        headWidth(json, architecture, width, heads),
                        architecture == Architecture.QWEN2
                                || json.path("attention_bias").asBoolean(false),
                        json.path("mlp_bias").asBoolean(false),
                        scaling(rope.isObject() ? rope : json.path("rope_scaling"), positions)));
    }

    private static int headWidth(JsonNode json, Architecture architecture, int width, int heads) {
        if (json.hasNonNull("head_dim")) {
            return integer(json, "head_dim");
        }
        return architecture == Architecture.QWEN3 ? QWEN3_HEAD : TransformerConfig.evenShare(width, heads);
    }

    private static void refuseSlidingWindow(JsonNode json, int layers, int positions, int window) {
        boolean slides = json.path("use_sliding_window").asBoolean(false)
                && json.path("max_window_layers").asInt(0) < layers
                && window < positions;
        for (JsonNode layer : json.path("layer_types")) {
            slides |= !layer.asText().equals("full_attention") && window < positions;
        }
        refuse(
                slides,
                "attention in a sliding window of " + window
                        + " is not supported; set max_position_embeddings to at most that, or use_sliding_window to false");
    }

    private static RotaryScaling scaling(JsonNode rope, int positions) {
        String type = rope.path("rope_type").asText(rope.path("type").asText("default"));
        int original = rope.path("original_max_position_embeddings").asInt(positions);
        return switch (type) {
            case "default" -> RotaryScaling.NONE;
            case "linear" -> new RotaryScaling.Linear(number(rope, "factor"));
            case "dynamic" -> new RotaryScaling.Dynamic(number(rope, "factor"));
            case "llama3" ->
                new RotaryScaling.Llama3(
                        number(rope, "factor"),
                        number(rope, "low_freq_factor"),
                        number(rope, "high_freq_factor"),
                        original);
            case "yarn" -> yarn(rope, original);
            default ->
                throw new IllegalArgumentException("rope scaling \"" + type
                        + "\" is not supported; supported are default, linear, dynamic, llama3 and yarn");
        };
    }

    private static RotaryScaling yarn(JsonNode rope, int original) {
        for (String field : new String[] {"mscale", "mscale_all_dim"}) {
            refuse(rope.hasNonNull(field), "yarn with " + field + " is not supported; give attention_factor");
        }
        refuse(!rope.path("truncate").asBoolean(true), "yarn with truncate false is not supported");
        double factor = number(rope, "factor");
        return new RotaryScaling.Yarn(
                factor,
                original,
                rope.path("beta_fast").asDouble(32),
                rope.path("beta_slow").asDouble(1),
                rope.path("attention_factor").asDouble(RotaryScaling.Yarn.usualMagnitude(factor)));
    }

    private static int integer(JsonNode json, String field) {
        JsonNode value = json.path(field);
        refuse(!value.canConvertToInt() || !value.isIntegralNumber(), field + " is missing or no integer: " + value);
        return value.intValue();
    }

    private static double number(JsonNode json, String field) {
        JsonNode value = json.path(field);
        refuse(!value.isNumber(), "rope scaling needs the number " + field + " but has " + json);
        return value.doubleValue();
    }

    private static void refuse(boolean condition, String reason) {
        if (condition) {
            throw new IllegalArgumentException(reason);
        }
    }

    static byte[] write(TransformerConfig config, int[] endTokens, int padToken) {
        Variant variant = config.variant();
        ObjectNode json = JSON.createObjectNode();
        json.putArray("architectures").add(variant.architecture().className());
        json.put("model_type", variant.architecture().modelType());
        json.put("vocab_size", config.vocabularySize());
        json.put("num_hidden_layers", config.layers());
        json.put("hidden_size", config.width());
        json.put("num_attention_heads", config.heads());
        json.put("num_key_value_heads", config.keyValueHeads());
        json.put("head_dim", config.headWidth());
        json.put("intermediate_size", config.feedForwardWidth());
        json.put("max_position_embeddings", config.maxPositions());
        json.put("rope_theta", config.ropeTheta());
        writeScaling(json, variant.scaling());
        json.put("rms_norm_eps", config.normEpsilon());
        json.put("tie_word_embeddings", config.tiedEmbeddings());
        json.put("hidden_act", "silu");
        json.put("attention_bias", variant.attentionBias());
        if (variant.architecture() == Architecture.LLAMA) {
            json.put("mlp_bias", variant.feedForwardBias());
        } else if (config.bidirectional()) {
            json.put("mlp_bias", false);
            json.put("mask_token_id", config.vocabularySize() - 1); // a tokenizer with a mask has it behind all others
        } else {
            json.put("use_sliding_window", false);
        }
        json.putNull("bos_token_id");
        json.put("eos_token_id", endTokens[0]);
        json.put("pad_token_id", padToken);
        json.put("torch_dtype", "float32");
        return bytes(json);
    }

    private static void writeScaling(ObjectNode json, RotaryScaling scaling) {
        ObjectNode rope = JSON.createObjectNode();
        switch (scaling) {
            case RotaryScaling.None none -> {
                return;
            }
            case RotaryScaling.Linear linear -> rope.put("rope_type", "linear").put("factor", linear.factor());
            case RotaryScaling.Dynamic dynamic ->
                rope.put("rope_type", "dynamic").put("factor", dynamic.factor());
            case RotaryScaling.Llama3 llama3 ->
                rope.put("rope_type", "llama3")
                        .put("factor", llama3.factor())
                        .put("low_freq_factor", llama3.lowFrequencyFactor())
                        .put("high_freq_factor", llama3.highFrequencyFactor())
                        .put("original_max_position_embeddings", llama3.originalPositions());
            case RotaryScaling.Yarn yarn ->
                rope.put("rope_type", "yarn")
                        .put("factor", yarn.factor())
                        .put("original_max_position_embeddings", yarn.originalPositions())
                        .put("beta_fast", yarn.fastTurns())
                        .put("beta_slow", yarn.slowTurns())
                        .put("attention_factor", yarn.magnitude());
        }
        json.set("rope_scaling", rope);
    }

    static byte[] writeGeneration(int[] endTokens, int padToken) {
        ObjectNode generation = JSON.createObjectNode();
        for (int end : endTokens) {
            generation.withArray("eos_token_id").add(end);
        }
        generation.put("pad_token_id", padToken);
        generation.put("do_sample", true);
        return bytes(generation);
    }

    private static byte[] bytes(ObjectNode json) {
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of strings and numbers can always be written", e);
        }
    }
}
