package io.alignstream.lessons.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.torch.TorchProgram;
import io.alignstream.languagemodel.torch.TorchRuntime;
import io.alignstream.lessons.model.LearningModel;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;

/**
 * A recurrent language model: embedding, layers of one {@link Cell}, and the embedding again as output projection.
 *
 * <p>What goes in is the embedding times √width, as in the transformer of Vaswani and others (2017): tied to the output it has to
 * be small, and so little of it comes through two layers of gates that an LSTM stays at the frequencies of tokens for long.
 *
 * <p>The state starts at zero for every row, so a row is all that it knows. The cells are libtorch's own operators, and
 * autograd goes back through them. For one thread.
 */
public final class RecurrentNetwork implements LearningModel {

    private static final TorchProgram PROGRAM = new TorchProgram(
            TorchProgram.resource(RecurrentNetwork.class, "autograd.torchscript"),
            TorchProgram.resource(RecurrentNetwork.class, "recurrent.torchscript"));
    /** Rows that are scored at a time. */
    private static final int ROWS = 32;

    private final Sizes sizes;
    private final Parameters parameters;

    /**
     * Sizes of a recurrent network.
     *
     * @param cell how states are made
     * @param layers one above the other, 1 or more
     * @param vocabulary number of token ids
     * @param width numbers in a state, and in an embedding
     */
    public record Sizes(Cell cell, int layers, int vocabulary, int width) {

        public Sizes {
            if (layers < 1 || vocabulary < 1 || width < 1) {
                throw new IllegalArgumentException("layers " + layers + ", vocabulary " + vocabulary + " and width "
                        + width + " must be at least 1");
            }
        }

        /** Number of weights. */
        public long parameters() {
            return shapes().values().stream().mapToLong(Shape::size).sum();
        }

        /** The same with the width, a multiple of 4, whose number of weights is nearest to {@code wanted}. */
        public Sizes near(long wanted) {
            Sizes best = new Sizes(cell, layers, vocabulary, 4);
            for (int next = 8; ; next += 4) {
                Sizes wider = new Sizes(cell, layers, vocabulary, next);
                if (Math.abs(wider.parameters() - wanted) >= Math.abs(best.parameters() - wanted)) {
                    return best;
                }
                best = wider;
            }
        }

        private SequencedMap<String, Shape> shapes() {
            SequencedMap<String, Shape> shapes = new LinkedHashMap<>();
            long rows = (long) cell.gates() * width;
            shapes.put("embedding.weight", new Shape(vocabulary, width));
            for (int layer = 0; layer < layers; layer++) {
                String name = "layers." + layer + ".";
                shapes.put(name + "input.weight", new Shape(rows, width));
                shapes.put(name + "state.weight", new Shape(rows, width));
                shapes.put(name + "input.bias", new Shape(rows));
                shapes.put(name + "state.bias", new Shape(rows));
            }
            shapes.put("output.bias", new Shape(vocabulary));
            return shapes;
        }
    }

    /**
     * A network with random weights: uniform within 1/√width those of the cells, N(0, 1/√width) the embedding, biases 0 but
     * those of forget gates, which are 1, so that they remember at first (Gers 2000).
     */
    public RecurrentNetwork(Sizes sizes, long seed) {
        this.sizes = sizes;
        SplittableRandom random = SeededRandom.of(seed, "recurrent", sizes.cell.kind());
        parameters = new Parameters(sizes.shapes(), (name, shape) -> initial(name, random));
    }

    private DoubleSupplier initial(String name, SplittableRandom random) {
        double bound = 1 / Math.sqrt(sizes.width);
        if (name.equals("embedding.weight")) {
            return Parameters.normal(random, bound);
        }
        if (name.endsWith(".weight")) {
            return () -> random.nextDouble(-bound, bound);
        }
        if (sizes.cell == Cell.LSTM && name.endsWith("input.bias")) {
            int[] at = {0}; // rows of the gates: input, forget, cell, output
            return () -> at[0]++ / sizes.width == 1 ? 1 : 0;
        }
        return () -> 0;
    }

    @Override
    public double step(List<int[]> rows, double learningRate) {
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = parameters.arguments();
            in.add(Rows.array(call, rows, 0));
            in.add(Rows.array(call, rows, 1));
            in.add(size(call));
            return parameters.step(PROGRAM.run(call, "gradients", in), learningRate);
        }
    }

    @Override
    public float[][] logProbabilities(List<int[]> rows) {
        return Rows.inParts(rows, ROWS, part -> {
            try (NDManager call = TorchRuntime.get().newScope()) {
                NDList in = parameters.arguments();
                in.add(Rows.array(call, part, 0));
                in.add(Rows.array(call, part, 1));
                in.add(size(call));
                return PROGRAM.run(call, "score", in).singletonOrThrow().toFloatArray();
            }
        });
    }

    @Override
    public float[] next(int... context) {
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = parameters.arguments();
            long[] ids = Arrays.stream(context).asLongStream().toArray();
            in.add(call.create(ids, new Shape(1, ids.length)));
            in.add(size(call));
            return PROGRAM.run(call, "next", in).singletonOrThrow().toFloatArray();
        }
    }

    private NDArray size(NDManager call) {
        return TorchRuntime.settings(call).create(new long[] {sizes.cell.kind(), sizes.layers});
    }

    @Override
    public long parameters() {
        return parameters.count();
    }

    @Override
    public String sha256() {
        return parameters.sha256();
    }

    /** Where the weights lie. */
    Parameters weights() {
        return parameters;
    }

    @Override
    public void close() {
        parameters.close();
    }
}
