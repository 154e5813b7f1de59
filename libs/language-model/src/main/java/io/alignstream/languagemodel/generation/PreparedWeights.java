package io.alignstream.languagemodel.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.alignstream.languagemodel.checkpoint.ModelWeights;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.NetworkProgram;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.torch.TorchProgram;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SequencedMap;

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

    /** Arrays of each block, of which there are 3 besides: the last norm, embedding and output. */
    private static final int OF_BLOCK = 12;
    /** Where in the shape the number of blocks stands first. */
    private static final int SIZE = 2;

    private final TransformerConfig config;
    private final WeightFormat format;
    private final NDManager scope;
    private final NDList weights;
    private final NDList shape;

    /** The weights of {@code model} as they are now, in fp32. */
    public PreparedWeights(Transformer model) {
        this(model, WeightFormat.FLOAT32);
    }

    /** The weights of {@code model} as they are now, in {@code format}. */
    public PreparedWeights(Transformer model, WeightFormat format) {
        this.config = writing(model.config());
        this.format = format;
        this.scope = TorchRuntime.get().newScope();
        this.shape = new NDList();
        boolean prepared = false;
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList shared = new NDList();
            model.shape(shared);
            shared.replaceAll(NDArray::duplicate);
            takeShape(shared, scope, shape);
            NDList in = model.arguments(call);
            in.add(shape.get(SIZE));
            in.add(TorchRuntime.settings(call).create((long) format.code()));
            weights = PROGRAM.run(scope, "prepare", in);
            weights.forEach(weight -> weight.setName("w[]"));
            prepared = true;
        } finally {
            if (!prepared) {
                scope.close();
            }
        }
    }

    private PreparedWeights(
            TransformerConfig config, WeightFormat format, NDManager scope, NDList weights, NDList shape) {
        this.config = config;
        this.format = format;
        this.scope = scope;
        this.weights = weights;
        this.shape = shape;
    }

    /**
     * The weights of a Hugging Face directory in {@code format}, taken out of its files block by block: while they are prepared,
     * there is one block in memory besides, with embedding and output, instead of the network.
     *
     * @throws IOException if a file is missing or damaged, or a tensor is missing or has another shape
     */
    public static PreparedWeights load(Path folder, WeightFormat format) throws IOException {
        TransformerConfig config = TransformerConfig.load(folder);
        SequencedMap<String, Tensor> tensors = ModelWeights.read(folder);
        NDManager scope = TorchRuntime.get().newScope();
        NDList weights = new NDList();
        NDList ends = new NDList();
        NDList shape = new NDList();
        try {
            for (int layer = 0; layer < config.layers(); layer++) {
                try (Transformer block = layer == 0
                                ? Transformer.of(config.withLayers(1), tensors, folder.toString())
                                : Transformer.block(config, tensors, layer, folder.toString());
                        PreparedWeights prepared = new PreparedWeights(block, format)) {
                    take(prepared.weights.subList(0, OF_BLOCK), scope, weights);
                    if (layer == 0) {
                        take(prepared.weights.subList(OF_BLOCK, prepared.weights.size()), scope, ends);
                        takeShape(prepared.shape, scope, shape);
                    }
                }
            }
            weights.addAll(ends);
            long[] size = shape.get(SIZE).toLongArray();
            size[0] = config.layers();
            shape.get(SIZE).close();
            shape.set(SIZE, TorchRuntime.settings(scope).create(size));
            return new PreparedWeights(config, format, scope, weights, shape);
        } catch (IOException | RuntimeException e) {
            scope.close();
            throw e;
        }
    }

    /** Each token would have to be written before those that it takes from are known. */
    private static TransformerConfig writing(TransformerConfig config) {
        if (config.bidirectional()) {
            throw new IllegalArgumentException("a network whose attention goes both ways fills blanks and cannot write;"
                    + " take a base model that was trained with alignstream.pretrain.objective=next-token");
        }
        return config;
    }

    private static void take(List<NDArray> arrays, NDManager scope, NDList into) {
        for (NDArray array : arrays) {
            array.attach(scope);
            into.add(array);
        }
    }

    /** The rotary tables are data; size and epsilon are settings. */
    private static void takeShape(List<NDArray> arrays, NDManager scope, NDList into) {
        take(arrays.subList(0, SIZE), scope, into);
        take(arrays.subList(SIZE, arrays.size()), TorchRuntime.settings(scope), into);
    }

    public TransformerConfig config() {
        return config;
    }

    /** How the numbers stand in memory. */
    public WeightFormat format() {
        return format;
    }

    /** Bytes that they take in memory; where embedding and output are one array, it counts once. */
    public long bytes() {
        long all = weights.stream().mapToLong(PreparedWeights::bytes).sum();
        boolean tied = config.tiedEmbeddings() && format != WeightFormat.INT8;
        return tied ? all - bytes(weights.getLast()) : all;
    }

    private static long bytes(NDArray array) {
        return array.size() * array.getDataType().getNumOfBytes();
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
