package io.alignstream.lessons.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.torch.ArrayMemory;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;

/** The weights of a network by name with their optimiser, AdamW; for one thread. */
final class Parameters implements AutoCloseable {

    /** AdamW alone, for every network of a comparison. */
    static final AdamW.Settings OPTIMISER = new AdamW.Settings(0.9, 0.98, 1e-8, 0.01, 1.0, 0, 1);

    private static final String FIGURES = "figures";

    private final NDManager scope = TorchRuntime.get().newScope();
    private final SequencedMap<String, NDArray> weights = new LinkedHashMap<>();
    private final AdamW optimiser;

    /** Weights of the given shapes, each number of which {@code initial} draws. */
    Parameters(SequencedMap<String, Shape> shapes, Initial initial) {
        shapes.forEach((name, shape) -> {
            DoubleSupplier number = initial.of(name, shape);
            NDArray weight = ArrayMemory.make(scope, shape, values -> {
                while (values.hasRemaining()) {
                    values.put((float) number.getAsDouble());
                }
            });
            weight.setName("w." + name);
            weights.put(name, weight);
        });
        optimiser = new AdamW(weights, OPTIMISER, Precision.FLOAT32);
    }

    /** What a weight's numbers are at first. */
    @FunctionalInterface
    interface Initial {
        DoubleSupplier of(String name, Shape shape);
    }

    /** Normally distributed numbers of a standard deviation. */
    static DoubleSupplier normal(SplittableRandom random, double deviation) {
        return () -> random.nextGaussian() * deviation;
    }

    long count() {
        return weights.values().stream().mapToLong(NDArray::size).sum();
    }

    /** As a program's first argument, a dictionary. */
    NDList arguments() {
        return new NDList(weights.values());
    }

    /** Takes a step along the gradients that a program gave beside its loss, which is returned. */
    double step(NDList result, double learningRate) {
        Map<String, NDArray> computed = new LinkedHashMap<>();
        result.forEach(array -> computed.put(array.getName(), array));
        NDArray loss = computed.remove(FIGURES);
        if (loss == null) {
            throw new IllegalStateException("the program reports no loss");
        }
        try (Gradients gradients = new Gradients(weights)) {
            gradients.add(computed);
            optimiser.step(gradients, learningRate);
        }
        return loss.toFloatArray()[0];
    }

    String sha256() {
        Sha256 sha256 = new Sha256();
        weights.values().forEach(weight -> sha256.add(weight.toByteBuffer(true)));
        return sha256.hex();
    }

    /** Where they lie, by name. */
    Map<String, NDArray> arrays() {
        return weights;
    }

    @Override
    public void close() {
        optimiser.close();
        scope.close();
    }
}
