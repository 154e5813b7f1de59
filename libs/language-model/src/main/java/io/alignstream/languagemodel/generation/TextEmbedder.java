package io.alignstream.languagemodel.generation;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.alignstream.languagemodel.network.NetworkProgram;
import io.alignstream.languagemodel.torch.TorchProgram;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

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
        return embed(List.of(ids)).getFirst();
    }

    /** The vectors of several texts, each as it would be alone; int8 weights are unpacked once for all of them. */
    public List<float[]> embed(List<int[]> texts) {
        int most = weights.config().maxPositions();
        for (int[] ids : texts) {
            if (ids.length < 1 || ids.length > most) {
                throw new IllegalArgumentException(
                        ids.length + " tokens are no text of this model, which takes 1 to " + most);
            }
        }
        if (texts.isEmpty()) {
            return List.of();
        }
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = weights.arguments();
            in.add(call.create(
                    texts.stream().flatMapToInt(Arrays::stream).asLongStream().toArray()));
            in.add(TorchRuntime.settings(call)
                    .create(texts.stream().mapToLong(ids -> ids.length).toArray()));
            weights.shape(in);
            float[] all = PROGRAM.run(call, "embed", in).singletonOrThrow().toFloatArray();
            int width = all.length / texts.size();
            return IntStream.range(0, texts.size())
                    .mapToObj(i -> Arrays.copyOfRange(all, i * width, (i + 1) * width))
                    .toList();
        }
    }
}
