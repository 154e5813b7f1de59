package io.alignstream.benchmarks.models;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.core.Linear;
import ai.djl.nn.recurrent.GRU;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.initializer.NormalInitializer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Adam;
import ai.djl.training.tracker.Tracker;
import ai.djl.util.PairList;
import java.util.List;

/**
 * A recurrent language model made of DJL's operators: embedding, two layers of LSTM or GRU, a linear output; for one
 * thread.
 *
 * <p>Trained with Adam, gradients clamped by value, a learning rate that falls linearly to a tenth. The state starts at
 * zero for every sequence, so it sees what the transformer sees.
 */
final class RecurrentNetwork implements AutoCloseable {

    private static final int LAYERS = 2;
    private static final float CLAMP = 0.25f;

    private final Model model;
    private final Trainer trainer;
    private final int vocabulary;

    /** The kind of recurrent layer. */
    enum Cell {
        LSTM,
        GRU
    }

    /**
     * A network with random weights.
     *
     * @param width size of embedding and state
     * @param steps over which the learning rate falls
     */
    RecurrentNetwork(Cell cell, int vocabulary, int width, int batch, int time, float learningRate, long steps) {
        this.vocabulary = vocabulary;
        Engine engine = Engine.getEngine("PyTorch");
        engine.setRandomSeed(1);
        model = Model.newInstance(cell.name(), Device.cpu(), "PyTorch");
        SequentialBlock network = new SequentialBlock().add(new TokenEmbedding(vocabulary, width));
        if (cell == Cell.LSTM) {
            network.add(LSTM.builder()
                    .setNumLayers(LAYERS)
                    .setStateSize(width)
                    .optBatchFirst(true)
                    .optReturnState(false)
                    .build());
        } else {
            network.add(GRU.builder()
                    .setNumLayers(LAYERS)
                    .setStateSize(width)
                    .optBatchFirst(true)
                    .optReturnState(false)
                    .build());
        }
        network.add(Linear.builder().setUnits(vocabulary).build());
        model.setBlock(network);
        Tracker rate = update -> learningRate * Math.max(0.1f, 1 - 0.9f * update / steps);
        trainer = model.newTrainer(new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
                .optDevices(new Device[] {Device.cpu()})
                .optInitializer(new NormalInitializer(0.05f), Parameter.Type.WEIGHT)
                .optOptimizer(Adam.builder()
                        .optLearningRateTracker(rate)
                        .optClipGrad(CLAMP)
                        .build()));
        trainer.initialize(new Shape(batch, time));
    }

    /** One step on sequences of equal length; the loss before it in nats a token. */
    double step(List<int[]> rows) {
        try (NDManager scope = trainer.getManager().newSubManager()) {
            NDArray ids = ids(scope, rows, 0);
            NDArray targets = ids(scope, rows, 1);
            double value;
            try (GradientCollector collector = trainer.newGradientCollector()) {
                collector.zeroGradients();
                NDList out = trainer.forward(new NDList(ids));
                out.attach(scope);
                NDArray loss = crossEntropy(out.singletonOrThrow(), targets);
                collector.backward(loss);
                value = loss.getFloat();
            }
            trainer.step();
            return value;
        }
    }

    /** Sum of the losses of all targets, in nats. */
    double score(List<int[]> rows, int pad) {
        try (NDManager scope = trainer.getManager().newSubManager()) {
            NDArray targets = ids(scope, rows, 1);
            NDList out = trainer.evaluate(new NDList(ids(scope, rows, 0)));
            out.attach(scope);
            NDArray logs = out.singletonOrThrow().logSoftmax(-1);
            NDArray taken = logs.gather(targets.expandDims(2), 2).squeeze(2);
            return -taken.mul(targets.neq(pad).toType(DataType.FLOAT32, false))
                    .sum()
                    .getFloat();
        }
    }

    long parameters() {
        return model.getBlock().getParameters().values().stream()
                .mapToLong(parameter -> parameter.getArray().size())
                .sum();
    }

    private NDArray crossEntropy(NDArray logits, NDArray targets) {
        NDArray flat = logits.reshape(-1, vocabulary).logSoftmax(-1);
        return flat.gather(targets.reshape(-1, 1), 1).mean().neg();
    }

    private static NDArray ids(NDManager scope, List<int[]> rows, int shift) {
        int time = rows.getFirst().length - 1;
        long[] ids = new long[rows.size() * time];
        for (int b = 0; b < rows.size(); b++) {
            for (int t = 0; t < time; t++) {
                ids[b * time + t] = rows.get(b)[t + shift];
            }
        }
        return scope.create(ids, new Shape(rows.size(), time));
    }

    @Override
    public void close() {
        trainer.close();
        model.close();
    }

    /** Token ids {@code [batch, time]} to vectors {@code [batch, time, width]}. */
    private static final class TokenEmbedding extends AbstractBlock {

        private final int vocabulary;
        private final int width;
        private final Parameter weight;

        TokenEmbedding(int vocabulary, int width) {
            this.vocabulary = vocabulary;
            this.width = width;
            this.weight = addParameter(Parameter.builder()
                    .setName("embedding")
                    .setType(Parameter.Type.WEIGHT)
                    .build());
        }

        @Override
        protected void prepare(Shape[] inputs) {
            weight.setShape(new Shape(vocabulary, width));
        }

        @Override
        protected NDList forwardInternal(
                ParameterStore store, NDList inputs, boolean training, PairList<String, Object> parameters) {
            NDArray ids = inputs.singletonOrThrow();
            NDArray table = store.getValue(weight, ids.getDevice(), training);
            return Embedding.embedding(ids, table, SparseFormat.DENSE);
        }

        @Override
        public Shape[] getOutputShapes(Shape[] inputs) {
            return new Shape[] {inputs[0].addAll(new Shape(width))};
        }
    }
}
