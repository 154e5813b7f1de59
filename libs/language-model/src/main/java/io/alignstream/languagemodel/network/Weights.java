package io.alignstream.languagemodel.network;

import ai.djl.ndarray.types.Shape;
import io.alignstream.languagemodel.checkpoint.Tensor;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/** Names and shapes of a network's weights, as Hugging Face's transformers have them. */
public final class Weights {

    static final String EMBEDDING = "model.embed_tokens.weight";
    static final String OUTPUT = "lm_head.weight";
    private static final String BLOCK = "model.layers.";
    private static final Set<Tensor.Type> FLOATS = Set.of(Tensor.Type.F32, Tensor.Type.F16, Tensor.Type.BF16);

    private Weights() {}

    /** All weights but the scalar head, in a fixed order. */
    static SequencedMap<String, Shape> shapes(TransformerConfig config) {
        SequencedMap<String, Shape> shapes = new LinkedHashMap<>();
        Variant variant = config.variant();
        long width = config.width();
        long inner = config.feedForwardWidth();
        long query = (long) config.heads() * config.headWidth();
        long keyValue = (long) config.keyValueHeads() * config.headWidth();
        shapes.put(EMBEDDING, new Shape(config.vocabularySize(), width));
        for (int layer = 0; layer < config.layers(); layer++) {
            String block = BLOCK + layer + ".";
            shapes.put(block + "input_layernorm.weight", new Shape(width));
            projection(shapes, block + "self_attn.q_proj", query, width, variant.attentionBias());
            projection(shapes, block + "self_attn.k_proj", keyValue, width, variant.attentionBias());
            projection(shapes, block + "self_attn.v_proj", keyValue, width, variant.attentionBias());
            projection(shapes, block + "self_attn.o_proj", width, query, variant.outputBias());
            if (variant.normalisedHeads()) {
                shapes.put(block + "self_attn.q_norm.weight", new Shape(config.headWidth()));
                shapes.put(block + "self_attn.k_norm.weight", new Shape(config.headWidth()));
            }
            shapes.put(block + "post_attention_layernorm.weight", new Shape(width));
            projection(shapes, block + "mlp.gate_proj", inner, width, variant.feedForwardBias());
            projection(shapes, block + "mlp.up_proj", inner, width, variant.feedForwardBias());
            projection(shapes, block + "mlp.down_proj", width, inner, variant.feedForwardBias());
        }
        shapes.put("model.norm.weight", new Shape(width));
        if (!config.tiedEmbeddings()) {
            shapes.put(OUTPUT, new Shape(config.vocabularySize(), width));
        }
        return shapes;
    }

    /** The block, from 0, that weight {@code name} is part of; -1 if it is part of none. */
    static int block(String name) {
        return name.startsWith(BLOCK)
                ? Integer.parseInt(name.substring(BLOCK.length(), name.indexOf('.', BLOCK.length())))
                : -1;
    }

    private static void projection(
            SequencedMap<String, Shape> shapes, String name, long outputs, long inputs, boolean bias) {
        shapes.put(name + ".weight", new Shape(outputs, inputs));
        if (bias) {
            shapes.put(name + ".bias", new Shape(outputs));
        }
    }

    /**
     * The tensors that {@code config} names, in its order, after checking that there is none besides: a bias that nobody
     * adds would change what the model says without a word.
     *
     * <p>Left out, because they are computed or shared: rotary frequencies, and the output projection of a network that
     * shares its embedding.
     *
     * @param origin named in error messages
     * @throws IOException if a tensor is missing, misshapen, holds no floats or has no place in the network
     */
    public static SequencedMap<String, Tensor> require(
            TransformerConfig config, Map<String, Tensor> tensors, String origin) throws IOException {
        if (config.layers() > tensors.size()) { // before all their names are made
            throw new IOException(origin + " has " + tensors.size() + " tensors, too few for the " + config.layers()
                    + " layers that config.json describes");
        }
        SequencedMap<String, Tensor> required = new LinkedHashMap<>();
        for (Map.Entry<String, Shape> entry : shapes(config).entrySet()) {
            required.put(entry.getKey(), require(tensors, entry.getKey(), entry.getValue(), origin));
        }
        for (String name : tensors.keySet()) {
            boolean shared = name.equals(OUTPUT) && config.tiedEmbeddings();
            if (!required.containsKey(name) && !shared && !name.endsWith("rotary_emb.inv_freq")) {
                throw new IOException(origin + ": tensor " + name + " has no place in the "
                        + config.variant().architecture().modelType() + " network that config.json describes");
            }
        }
        return required;
    }

    static Tensor require(Map<String, Tensor> tensors, String name, Shape shape, String origin) throws IOException {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new IOException(origin + ": tensor " + name + " is missing");
        }
        if (!FLOATS.contains(tensor.type()) || !new Shape(tensor.shape()).equals(shape)) {
            throw new IOException(origin + ": tensor " + name + " is " + tensor.type() + new Shape(tensor.shape())
                    + " but config.json asks for F32, F16 or BF16 of " + shape);
        }
        return tensor;
    }
}
