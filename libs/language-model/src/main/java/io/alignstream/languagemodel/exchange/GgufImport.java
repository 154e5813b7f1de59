package io.alignstream.languagemodel.exchange;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * Reads a GGUF file, as llama.cpp and what is built on it load, into what a Hugging Face directory would say.
 *
 * <p>Weights that are stored in floating point keep their type and stay in the mapped file; quantised ones become the fp32
 * values that llama.cpp computes with, in a file of the working folder that is mapped, too. Neither is held in Java's heap.
 */
public final class GgufImport {

    /** Where files of this kind end. */
    public static final String SUFFIX = ".gguf";

    private static final String VALUES = "dequantised.f32";
    private static final ObjectMapper JSON = new ObjectMapper();

    /** llama.cpp's names of the parts of a block, by ours. */
    private static final Map<String, String> PARTS = Map.ofEntries(
            Map.entry("attn_norm", "input_layernorm"),
            Map.entry("ffn_norm", "post_attention_layernorm"),
            Map.entry("attn_q", "self_attn.q_proj"),
            Map.entry("attn_k", "self_attn.k_proj"),
            Map.entry("attn_v", "self_attn.v_proj"),
            Map.entry("attn_output", "self_attn.o_proj"),
            Map.entry("attn_q_norm", "self_attn.q_norm"),
            Map.entry("attn_k_norm", "self_attn.k_norm"),
            Map.entry("ffn_gate", "mlp.gate_proj"),
            Map.entry("ffn_up", "mlp.up_proj"),
            Map.entry("ffn_down", "mlp.down_proj"));

    private final Path file;
    private final GgufFile gguf;
    private final String family;

    private GgufImport(Path file, GgufFile gguf) throws IOException {
        this.file = file;
        this.gguf = gguf;
        this.family = gguf.text("general.architecture").orElse("");
        if (!List.of("llama", "qwen2", "qwen3").contains(family)) {
            throw new IOException(file + " is of the architecture '" + family + "'; read are llama, qwen2 and qwen3");
        }
    }

    /**
     * Reads and checks {@code file}.
     *
     * @param scratch an empty folder that has to stay while the model is used; it takes four bytes a quantised weight
     * @throws IOException if the file is damaged, or its network, tokenizer or quantisation is not supported; says what and
     *     why
     */
    public static HuggingFaceModel load(Path file, Path scratch) throws IOException {
        GgufImport source = new GgufImport(file, GgufFile.read(file));
        JSON.writeValue(scratch.resolve("config.json").toFile(), source.config());
        JSON.writeValue(
                scratch.resolve(Tokenizer.TOKENIZER_FILE).toFile(), GgufTokenizer.read(file.toString(), source.gguf));
        Optional<ObjectNode> chat = GgufTokenizer.readChat(source.gguf);
        if (chat.isPresent()) {
            JSON.writeValue(scratch.resolve(Tokenizer.CONFIG_FILE).toFile(), chat.get());
        }
        try {
            TransformerConfig config = TransformerConfig.load(scratch);
            return HuggingFaceModel.of(file.toString(), config, source.tensors(config, scratch), scratch);
        } catch (IOException e) {
            // What is wrong with the files of the scratch folder is wrong with the one that they were made of.
            throw new IOException(String.valueOf(e.getMessage()).replace(scratch + File.separator, file + ", as "), e);
        }
    }

    private ObjectNode config() throws IOException {
        if (gguf.tensors().containsKey("rope_freqs.weight")) {
            throw new IOException(
                    file + " scales its rotary frequencies by a table (rope_freqs.weight), as Llama 3.1 and"
                            + " later do; import the Hugging Face directory of the model");
        }
        long heads = whole("attention.head_count");
        long width = whole("embedding_length");
        ObjectNode json = JSON.createObjectNode()
                .put("model_type", family)
                .put("hidden_act", "silu")
                .put("hidden_size", width)
                .put("num_hidden_layers", whole("block_count"))
                .put("num_attention_heads", heads)
                .put("num_key_value_heads", whole("attention.head_count_kv", heads))
                .put("head_dim", whole("attention.key_length", width / Math.max(1, heads)))
                .put("intermediate_size", whole("feed_forward_length"))
                .put("max_position_embeddings", whole("context_length"))
                .put("rms_norm_eps", real("attention.layer_norm_rms_epsilon"))
                .put(
                        "rope_theta",
                        gguf.number(family + ".rope.freq_base")
                                .map(Number::doubleValue)
                                .orElse(10_000.0))
                .put("vocab_size", embedding().shape()[0])
                .put("tie_word_embeddings", !gguf.tensors().containsKey("output.weight"))
                .put("attention_bias", gguf.tensors().containsKey("blk.0.attn_q.bias"));
        gguf.text(family + ".rope.scaling.type")
                .filter(type -> !type.equals("none"))
                .ifPresent(type -> {
                    ObjectNode scaling = json.putObject("rope_scaling").put("rope_type", type);
                    gguf.number(family + ".rope.scaling.factor")
                            .ifPresent(factor -> scaling.put("factor", factor.doubleValue()));
                    gguf.number(family + ".rope.scaling.original_context_length")
                            .ifPresent(positions ->
                                    scaling.put("original_max_position_embeddings", positions.longValue()));
                });
        return json;
    }

    private GgufFile.Stored embedding() throws IOException {
        GgufFile.Stored rows = gguf.tensors().get("token_embd.weight");
        if (rows == null) {
            throw new IOException(
                    file
                            + " has no tensor token_embd.weight; of a model in several files, join them first (llama-gguf-split --merge)");
        }
        return rows;
    }

    private long whole(String key) throws IOException {
        return gguf.number(family + "." + key)
                .orElseThrow(() -> new IOException(file + " has no " + family + "." + key))
                .longValue();
    }

    private long whole(String key, long otherwise) {
        return gguf.number(family + "." + key).map(Number::longValue).orElse(otherwise);
    }

    /** The file has it in fp32; the shortest decimal of that is what the model's author wrote. */
    private double real(String key) throws IOException {
        Number value = gguf.number(family + "." + key)
                .orElseThrow(() -> new IOException(file + " has no " + family + "." + key));
        return Double.parseDouble(Float.toString(value.floatValue()));
    }

    private SequencedMap<String, Tensor> tensors(TransformerConfig config, Path scratch) throws IOException {
        SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
        try (FileChannel values = FileChannel.open(
                scratch.resolve(VALUES),
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
            for (Map.Entry<String, GgufFile.Stored> named : gguf.tensors().entrySet()) {
                String name = name(named.getKey());
                Tensor tensor = tensor(named.getKey(), named.getValue(), values);
                int heads = GgufModel.turnedHeads(config, name);
                tensors.put(name, heads == 0 ? tensor : GgufModel.joinHalves(tensor, heads));
            }
        }
        return tensors;
    }

    private Tensor tensor(String name, GgufFile.Stored stored, FileChannel values) throws IOException {
        if (!stored.type().isQuantised()) {
            return new Tensor(Tensor.Type.valueOf(stored.type().name()), stored.shape(), stored.data());
        }
        long bytes = 4 * stored.elements();
        if (bytes > Integer.MAX_VALUE) {
            throw new IOException(
                    file + ": tensor " + name + Arrays.toString(stored.shape()) + " has more than 2 GiB as fp32");
        }
        ByteBuffer mapped =
                values.map(FileChannel.MapMode.READ_WRITE, values.size(), bytes).order(ByteOrder.LITTLE_ENDIAN);
        stored.type().dequantise(stored.data(), mapped.asFloatBuffer());
        return new Tensor(Tensor.Type.F32, stored.shape(), mapped);
    }

    /** Our name of llama.cpp's tensor. */
    private String name(String tensor) throws IOException {
        String[] parts = tensor.split("\\.");
        String kind = parts[parts.length - 1];
        if (parts.length == 2) {
            switch (parts[0]) {
                case "token_embd" -> {
                    return "model.embed_tokens." + kind;
                }
                case "output_norm" -> {
                    return "model.norm." + kind;
                }
                case "output" -> {
                    return "lm_head." + kind;
                }
                default -> {}
            }
        }
        String part = parts.length == 4 && parts[0].equals("blk") ? PARTS.get(parts[2]) : null;
        if (part == null) {
            throw new IOException(file + " has the tensor " + tensor + ", which the networks that are read have not"
                    + " (mixtures of experts are not supported)");
        }
        return "model.layers." + parts[1] + "." + part + "." + kind;
    }
}
