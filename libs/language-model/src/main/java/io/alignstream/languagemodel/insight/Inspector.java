package io.alignstream.languagemodel.insight;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.alignstream.languagemodel.network.NetworkProgram;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.torch.TorchProgram;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.util.Arrays;
import java.util.Objects;

/**
 * Looks into a network without changing it, in fp32; usable on several threads at once.
 *
 * <p>Attention takes memory with the square of a text's length, in each head of each block: for short texts.
 */
public final class Inspector {

    private static final TorchProgram PROGRAM =
            NetworkProgram.with(TorchProgram.resource(Inspector.class, "insight.torchscript"));

    private final Transformer network;

    /** Of {@code network}, which must stay open. */
    public Inspector(Transformer network) {
        this.network = network;
    }

    /** The shape of the network. */
    public TransformerConfig config() {
        return network.config();
    }

    /**
     * What the network computes on its way through {@code ids}.
     *
     * @param ids one at least, at most the model's positions
     */
    public Inspection inspect(int... ids) {
        if (ids.length == 0 || ids.length > config().maxPositions()) {
            throw new IllegalArgumentException("a text of " + ids.length + " tokens cannot be looked at: 1 to "
                    + config().maxPositions() + " fit the model");
        }
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = network.arguments(call);
            in.add(call.create(Arrays.stream(ids).asLongStream().toArray(), new Shape(1, ids.length)));
            network.shape(in);
            NDList out = PROGRAM.run(call, "inspect", in);
            int layers = config().layers();
            return new Inspection(
                    attention(values(out, "attention"), layers, config().heads(), ids.length),
                    cut(values(out, "states"), layers + 1, ids.length),
                    values(out, "logits"));
        }
    }

    /** The embeddings of tokens, {@code [tokens][width]}. */
    public float[][] embeddings(int... ids) {
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = network.arguments(call);
            in.add(call.create(Arrays.stream(ids).asLongStream().toArray()));
            float[] rows =
                    PROGRAM.run(call, "embeddings", in).singletonOrThrow().toFloatArray();
            return cut(rows, 1, ids.length)[0];
        }
    }

    /**
     * Cosine of each token's embedding with {@code direction}, {@code [vocabularySize]}.
     *
     * @param direction {@code [width]}, of length 1
     */
    public float[] similarities(float[] direction) {
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = network.arguments(call);
            in.add(call.create(direction));
            return PROGRAM.run(call, "similarities", in).singletonOrThrow().toFloatArray();
        }
    }

    private static float[] values(NDList out, String name) {
        NDArray array = Objects.requireNonNull(out.get(name), name);
        return array.toFloatArray();
    }

    private static float[][][][] attention(float[] values, int layers, int heads, int time) {
        float[][][][] attention = new float[layers][][][];
        int block = heads * time * time;
        Arrays.setAll(
                attention, layer -> cut(Arrays.copyOfRange(values, layer * block, (layer + 1) * block), heads, time));
        return attention;
    }

    /** {@code [count][rows][…]} of values in that order. */
    private static float[][][] cut(float[] values, int count, int rows) {
        int width = values.length / (count * rows);
        float[][][] grid = new float[count][rows][];
        for (int i = 0; i < count * rows; i++) {
            grid[i / rows][i % rows] = Arrays.copyOfRange(values, i * width, (i + 1) * width);
        }
        return grid;
    }
}
