package io.alignstream.languagemodel.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.alignstream.languagemodel.network.NetworkProgram;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.torch.TorchProgram;
import io.alignstream.languagemodel.torch.TorchRuntime;

/**
 * A network's weights as decoding takes them: projections of one input as one matrix, made once instead of for every token.
 *
 * <p>They stand for themselves: the network may be closed, and what both need exists once. A network that goes on learning
 * has to be prepared anew. Any number of engines may use them at once, on several threads.
 */
public final class PreparedWeights implements AutoCloseable {

    static final TorchProgram PROGRAM =
            NetworkProgram.with(TorchProgram.resource(PreparedWeights.class, "generation.torchscript")
                    + TorchProgram.operators(PreparedWeights.class, "decoding"));

    private final TransformerConfig config;
    private final WeightFormat format;
    private final NDManager scope = TorchRuntime.get().newScope();
    private final NDList weights;
    private final NDList shape = new NDList();

    /** The weights of {@code model} as they are now, in fp32. */
    public PreparedWeights(Transformer model) {
        this(model, WeightFormat.FLOAT32);
    }

    /** The weights of {@code model} as they are now, in {@code format}. */
    public PreparedWeights(Transformer model, WeightFormat format) {
        this.config = model.config();
        this.format = format;
        boolean prepared = false;
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList shared = new NDList();
            model.shape(shared);
            for (NDArray array : shared) {
                NDArray copy = array.duplicate();
                copy.attach(scope);
                shape.add(copy);
            }
            NDList in = model.arguments(call);
            in.add(shape.get(2));
            in.add(call.create((long) format.code()));
            weights = PROGRAM.run(scope, "prepare", in);
            weights.forEach(weight -> weight.setName("w[]"));
            prepared = true;
        } finally {
            if (!prepared) {
                scope.close();
            }
        }
    }

    public TransformerConfig config() {
        return config;
    }

    /** How the numbers stand in memory. */
    public WeightFormat format() {
        return format;
    }

    /** The program's first argument. */
    NDList arguments() {
        NDList in = new NDList(weights.size() + 20);
        in.addAll(weights);
        return in;
    }

    /** Adds rotary tables, size and epsilon. */
    void shape(NDList in) {
        in.addAll(shape);
    }

    /** Frees the native memory; further use fails. */
    @Override
    public void close() {
        scope.close();
    }
}
