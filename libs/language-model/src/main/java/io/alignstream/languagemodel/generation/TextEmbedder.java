package io.alignstream.languagemodel.generation;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.alignstream.languagemodel.network.NetworkProgram;
import io.alignstream.languagemodel.torch.TorchProgram;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.util.Arrays;

/**
 * Turns a text into a vector: the mean of its tokens' last hidden states, divided by its length. Texts with similar vectors
 * are used in similar places. Any number of threads may use one, and decoders the same weights.
 */
public final class TextEmbedder {

    private static final TorchProgram PROGRAM =
            NetworkProgram.with(TorchProgram.resource(TextEmbedder.class, "embedding.torchscript") + "\n"
                    + TorchProgram.operators(TextEmbedder.class, "decoding"));

    private final PreparedWeights weights;

    public TextEmbedder(PreparedWeights weights) {
        this.weights = weights;
    }

    /**
     * The vector of one text, as long as the model is wide; its length is 1.
     *
     * @param ids one token at least, and at most the model's positions
     */
    public float[] embed(int... ids) {
        int most = weights.config().maxPositions();
        if (ids.length < 1 || ids.length > most) {
            throw new IllegalArgumentException(
                    ids.length + " tokens are no text of this model, which takes 1 to " + most);
        }
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = weights.arguments();
            in.add(call.create(Arrays.stream(ids).asLongStream().toArray(), new Shape(1, ids.length)));
            in.add(call.create(new long[] {ids.length}));
            weights.shape(in);
            return PROGRAM.run(call, "embed", in).singletonOrThrow().toFloatArray();
        }
    }
}
