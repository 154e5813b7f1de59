package io.alignstream.languagemodel.network;

import io.alignstream.languagemodel.checkpoint.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Small networks of every family, all weights random (biases and norms too), as functions of a seed. */
final class RandomNetworks {

    private RandomNetworks() {}

    /** A configuration with up to 3 layers; the family goes round with the seed. */
    static TransformerConfig config(int seed) {
        Random random = new Random(seed);
        Architecture architecture = Architecture.values()[seed % 3];
        int keyValueHeads = 1 + random.nextInt(2);
        int heads = keyValueHeads * (1 + random.nextInt(3));
        int headWidth = 4 + 2 * random.nextInt(4);
        boolean bias = architecture == Architecture.QWEN2 || random.nextBoolean();
        boolean feedForwardBias = architecture == Architecture.LLAMA && random.nextBoolean();
        return new TransformerConfig(
                20 + random.nextInt(30),
                1 + random.nextInt(3),
                8 + 4 * random.nextInt(5),
                heads,
                keyValueHeads,
                8 + random.nextInt(24),
                32,
                random.nextBoolean() ? 10_000 : 500,
                1e-5,
                random.nextBoolean(),
                new Variant(architecture, headWidth, bias, feedForwardBias, scaling(random)));
    }

    /** The same of networks whose attention goes both ways. */
    static TransformerConfig bothWays(int seed) {
        return config(seed * 3).bothWays();
    }

    private static RotaryScaling scaling(Random random) {
        return List.of(
                        RotaryScaling.NONE,
                        new RotaryScaling.Linear(2.5),
                        new RotaryScaling.Dynamic(3),
                        new RotaryScaling.Llama3(8, 1, 4, 64),
                        new RotaryScaling.Yarn(4, 16, 32, 1, RotaryScaling.Yarn.usualMagnitude(4)))
                .get(random.nextInt(5));
    }

    static Transformer network(TransformerConfig config, int seed) {
        Random random = new Random(seed);
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        Weights.shapes(config).forEach((name, shape) -> {
            float[] values = new float[(int) shape.size()];
            double centre = name.endsWith("norm.weight") ? 1 : 0;
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (centre + 0.3 * random.nextGaussian());
            }
            tensors.put(name, Tensor.of(values, shape.getShape()));
        });
        try {
            return Transformer.of(config, tensors, "a random network");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static int[] row(TransformerConfig config, int length, int seed) {
        return new Random(seed).ints(length, 0, config.vocabularySize()).toArray();
    }
}
