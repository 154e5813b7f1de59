package io.alignstream.languagemodel.exchange;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Architecture;
import io.alignstream.languagemodel.network.RotaryScaling;
import io.alignstream.languagemodel.network.TransformerConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * Exports a model as a GGUF file, which llama.cpp and what is built on it load; nothing is quantised.
 *
 * <p>llama.cpp turns neighbouring elements of a Llama's queries and keys instead of the two halves of a head, so their
 * rows change places. Vectors become fp32, as it wants them; matrices keep their type.
 */
public final class GgufModel {

    private GgufModel() {}

    /**
     * Writes {@code model} to {@code file}, replacing what is there.
     *
     * @throws IOException if the format has no place for something in it, or the file cannot be written
     */
    public static void export(HuggingFaceModel model, Path file) throws IOException {
        TransformerConfig config = model.config();
        GgufWriter writer = new GgufWriter();
        describe(writer, config);
        GgufTokenizer.describe(writer, model.tokenizer());
        if (config.variant().scaling() instanceof RotaryScaling.Llama3) {
            float[] factors = frequencyFactors(config);
            writer.tensor(
                    "rope_freqs.weight",
                    new GgufWriter.Entry(
                            GgufWriter.ElementType.F32, new long[] {factors.length}, () -> bytes(factors)));
        }
        model.tensors().forEach((name, tensor) -> writer.tensor(name(name), entry(config, name, tensor)));
        writer.write(file);
    }

    private static void describe(GgufWriter writer, TransformerConfig config) throws IOException {
        String family = config.variant().architecture().modelType();
        if (config.variant().architecture() == Architecture.QWEN3
                && config.variant().attentionBias()) {
            throw new IOException("llama.cpp has no biases in the attention of a qwen3 network");
        }
        writer.put("general.architecture", family)
                .put("general.name", "alignstream")
                .put(family + ".context_length", config.maxPositions())
                .put(family + ".embedding_length", config.width())
                .put(family + ".block_count", config.layers())
                .put(family + ".feed_forward_length", config.feedForwardWidth())
                .put(family + ".attention.head_count", config.heads())
                .put(family + ".attention.head_count_kv", config.keyValueHeads())
                .put(family + ".attention.key_length", config.headWidth())
                .put(family + ".attention.value_length", config.headWidth())
                .put(family + ".attention.layer_norm_rms_epsilon", config.normEpsilon())
                .put(family + ".rope.dimension_count", config.headWidth())
                .put(family + ".rope.freq_base", config.ropeTheta())
                .put(family + ".vocab_size", config.vocabularySize());
        switch (config.variant().scaling()) {
            case RotaryScaling.None none -> {}
            case RotaryScaling.Dynamic dynamic -> {}
            case RotaryScaling.Llama3 llama3 -> {} // as factors of the frequencies, in a tensor
            case RotaryScaling.Linear linear ->
                writer.put(family + ".rope.scaling.type", "linear")
                        .put(family + ".rope.scaling.factor", linear.factor());
            case RotaryScaling.Yarn yarn -> {
                boolean usual = yarn.fastTurns() == 32
                        && yarn.slowTurns() == 1
                        && Math.abs(yarn.magnitude() - RotaryScaling.Yarn.usualMagnitude(yarn.factor())) < 1e-6;
                if (!usual) {
                    throw new IOException("GGUF has yarn with its usual constants only, not " + yarn);
                }
                writer.put(family + ".rope.scaling.type", "yarn")
                        .put(family + ".rope.scaling.factor", yarn.factor())
                        .put(family + ".rope.scaling.original_context_length", yarn.originalPositions());
            }
        }
    }

    /** By what the plain frequencies are divided. */
    private static float[] frequencyFactors(TransformerConfig config) {
        double[] plain = RotaryScaling.NONE.frequencies(config.ropeTheta(), config.headWidth());
        double[] scaled = config.variant().scaling().frequencies(config.ropeTheta(), config.headWidth());
        float[] factors = new float[plain.length];
        for (int i = 0; i < factors.length; i++) {
            factors[i] = (float) (plain[i] / scaled[i]);
        }
        return factors;
    }

    private static GgufWriter.Entry entry(TransformerConfig config, String name, Tensor tensor) {
        boolean vector = tensor.shape().length == 1;
        GgufWriter.ElementType type = vector
                ? GgufWriter.ElementType.F32
                : GgufWriter.ElementType.valueOf(tensor.type().name());
        int heads = turnedHeads(config, name);
        return new GgufWriter.Entry(type, tensor.shape(), () -> {
            ByteBuffer data = vector ? bytes(tensor.toFloats()) : tensor.data();
            return heads == 0 ? data : interleaveHalves(data, Math.toIntExact(tensor.shape()[0]), heads);
        });
    }

    /** Number of heads whose rows change places, 0 if they stay. */
    static int turnedHeads(TransformerConfig config, String name) {
        if (config.variant().architecture() != Architecture.LLAMA) {
            return 0;
        }
        if (name.contains(".self_attn.q_proj.")) {
            return config.heads();
        }
        return name.contains(".self_attn.k_proj.") ? config.keyValueHeads() : 0;
    }

    /** Puts row i of each head's second half behind row i of its first half. */
    private static ByteBuffer interleaveHalves(ByteBuffer data, int rows, int heads) {
        int rowBytes = data.remaining() / rows;
        int half = rows / heads / 2;
        ByteBuffer out = Tensor.memory(data.remaining());
        for (int head = 0; head < heads; head++) {
            for (int i = 0; i < half; i++) {
                out.put(data.slice((head * 2 * half + i) * rowBytes, rowBytes));
                out.put(data.slice((head * 2 * half + half + i) * rowBytes, rowBytes));
            }
        }
        return out.flip();
    }

    /** What {@link #interleaveHalves} has done, undone: {@code tensor} with the rows in the order of Hugging Face. */
    static Tensor joinHalves(Tensor tensor, int heads) {
        ByteBuffer data = tensor.data();
        int rows = Math.toIntExact(tensor.shape()[0]);
        int rowBytes = data.remaining() / rows;
        int half = rows / heads / 2;
        ByteBuffer out = Tensor.memory(data.remaining());
        for (int head = 0; head < heads; head++) {
            for (int second = 0; second < 2; second++) {
                for (int i = 0; i < half; i++) {
                    out.put(data.slice((head * 2 * half + 2 * i + second) * rowBytes, rowBytes));
                }
            }
        }
        return new Tensor(tensor.type(), tensor.shape(), out.flip());
    }

    private static ByteBuffer bytes(float[] values) {
        ByteBuffer data = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        data.asFloatBuffer().put(values);
        return data;
    }

    /** llama.cpp's name of a weight. */
    private static String name(String weight) {
        return weight.replace("model.embed_tokens.", "token_embd.")
                .replace("model.norm.", "output_norm.")
                .replace("lm_head.", "output.")
                .replace("model.layers.", "blk.")
                .replace("input_layernorm.", "attn_norm.")
                .replace("post_attention_layernorm.", "ffn_norm.")
                .replace("self_attn.q_proj.", "attn_q.")
                .replace("self_attn.k_proj.", "attn_k.")
                .replace("self_attn.v_proj.", "attn_v.")
                .replace("self_attn.o_proj.", "attn_output.")
                .replace("self_attn.q_norm.", "attn_q_norm.")
                .replace("self_attn.k_norm.", "attn_k_norm.")
                .replace("mlp.gate_proj.", "ffn_gate.")
                .replace("mlp.up_proj.", "ffn_up.")
                .replace("mlp.down_proj.", "ffn_down.");
    }
}
