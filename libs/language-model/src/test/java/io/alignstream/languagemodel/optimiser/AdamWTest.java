package io.alignstream.languagemodel.optimiser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.objective.Steps;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AdamWTest {

    private static final TransformerConfig CONFIG = new TransformerConfig(40, 2, 24, 4, 2, 40, 32, 10_000, 1e-5, true);

    @Test
    void theFirstStepMovesEveryWeightAgainstItsGradient() throws Exception {
        // Given: Adam's first step is learning rate × sign(gradient) where the gradient is far above epsilon, and five
        // times that for the gains of the norms
        double rate = 1e-4;
        Sequences sequences = counting(new Random(1), 4, 12);
        try (Transformer model = Transformer.initialise(CONFIG, 3);
                AdamW optimiser = new AdamW(model, new AdamW.Settings(0.9, 0.95, 1e-12, 0, 1e9, 0, 5))) {
            Map<String, Tensor> before = model.tensors();
            double loss = model.meanLoss(sequences);

            // When
            Steps.Taken<Double> step = Steps.nextToken(sequences, model, optimiser, rate);

            // Then
            assertThat(step.loss()).isCloseTo(loss, within(1e-5));
            Map<String, Tensor> after = model.tensors();
            Random random = new Random(2);
            for (String name : before.keySet()) {
                int index = random.nextInt((int) before.get(name).elements());
                double slope = slope(before, name, index, sequences);
                float moved =
                        after.get(name).toFloats()[index] - before.get(name).toFloats()[index];
                if (Math.abs(slope) > 1e-3) {
                    double expected = name.endsWith("norm.weight") ? 5 * rate : rate;
                    assertThat((double) moved)
                            .as(name)
                            .isCloseTo(-Math.signum(slope) * expected, within(expected * 0.05));
                }
            }
        }
    }

    @Test
    void muonMovesMatricesOfTheBlocksInOrthogonalDirectionsAndTheRestAsAdamWDoes() {
        // Given
        double rate = 1e-3;
        Sequences sequences = counting(new Random(1), 8, 24);
        try (Transformer muonModel = Transformer.initialise(CONFIG, 3);
                Transformer adamModel = Transformer.initialise(CONFIG, 3);
                AdamW muon = new AdamW(muonModel, new AdamW.Settings(0.9, 0.95, 1e-8, 0, 1.0, 0.95, 1));
                AdamW adam = new AdamW(adamModel, new AdamW.Settings(0.9, 0.95, 1e-8, 0, 1.0, 0, 1))) {
            Map<String, Tensor> before = muonModel.tensors();

            // When
            Steps.nextToken(sequences, muonModel, muon, rate);
            Steps.nextToken(sequences, adamModel, adam, rate);

            // Then
            before.forEach((name, tensor) -> {
                float[] moved = muonModel.tensors().get(name).toFloats();
                if (!name.startsWith("model.layers.") || tensor.shape().length < 2) {
                    assertThat(moved)
                            .as(name)
                            .isEqualTo(adamModel.tensors().get(name).toFloats());
                    return;
                }
                int rows = (int) tensor.shape()[0];
                int columns = (int) tensor.shape()[1];
                float[] from = tensor.toFloats();
                double scale = rate * 0.2 * Math.sqrt(Math.max(rows, columns));
                double squares = 0;
                for (int i = 0; i < moved.length; i++) {
                    squares += Math.pow((moved[i] - from[i]) / scale, 2);
                }
                // An orthogonal matrix has as many squared singular values of 1 as its shorter side is long.
                assertThat(squares / Math.min(rows, columns)).as(name).isBetween(0.3, 1.3);
                Random random = new Random(5);
                for (int probe = 0; probe < 20; probe++) {
                    assertThat(stretch(from, moved, rows, columns, random) / scale)
                            .as(name)
                            .isLessThan(1.3);
                }
            });
            assertThat(muon.state("a"))
                    .doesNotContainKey("a.v.model.layers.0.mlp.up_proj.weight")
                    .containsKeys("a.m.model.layers.0.mlp.up_proj.weight", "a.v.model.embed_tokens.weight");
        }
    }

    /** Length of (to - from) · x for a random x of length 1. */
    private static double stretch(float[] from, float[] to, int rows, int columns, Random random) {
        double[] x = random.doubles(columns, -1, 1).toArray();
        double length = 0;
        double stretched = 0;
        for (double value : x) {
            length += value * value;
        }
        for (int row = 0; row < rows; row++) {
            double sum = 0;
            for (int column = 0; column < columns; column++) {
                int i = row * columns + column;
                sum += (to[i] - from[i]) * x[column];
            }
            stretched += sum * sum;
        }
        return Math.sqrt(stretched / length);
    }

    @Test
    void learnsAPatternAndResumesBitForBit() throws Exception {
        // Given
        try (Transformer model = Transformer.initialise(CONFIG, 3);
                AdamW optimiser = new AdamW(model, AdamW.Settings.PRETRAINING)) {
            double first = train(model, optimiser, 0, 10);
            Map<String, Tensor> weights = model.tensors();
            Map<String, Tensor> state = optimiser.state("optimiser");
            state.replaceAll((name, view) -> view.copy());

            // When
            double last = train(model, optimiser, 10, 60);
            try (Transformer restored = Transformer.of(CONFIG, weights, "memory");
                    AdamW continued = new AdamW(restored, AdamW.Settings.PRETRAINING)) {
                continued.restore("optimiser", state);
                train(restored, continued, 10, 60);

                // Then
                assertThat(last).isLessThan(first / 4);
                restored.tensors().forEach((name, tensor) -> assertThat(tensor.toFloats())
                        .as(name)
                        .isEqualTo(model.tensors().get(name).toFloats()));
            }
        }
    }

    @Test
    void restoreNamesTheMissingTensor() {
        try (Transformer model = Transformer.initialise(CONFIG, 3);
                AdamW optimiser = new AdamW(model, AdamW.Settings.REINFORCEMENT)) {
            Map<String, Tensor> state = new LinkedHashMap<>(optimiser.state("a"));
            state.remove("a.v.model.norm.weight");
            assertThatThrownBy(() -> optimiser.restore("a", state)).hasMessageContaining("a.v.model.norm.weight");
        }
    }

    private static double train(Transformer model, AdamW optimiser, int from, int to) {
        double loss = Double.NaN;
        for (int step = from; step < to; step++) {
            loss = Steps.nextToken(counting(new Random(step), 8, 16), model, optimiser, 5e-3)
                    .loss();
        }
        assertThat(model.hasHead()).isFalse();
        return loss;
    }

    private static double slope(Map<String, Tensor> weights, String name, int index, Sequences sequences)
            throws Exception {
        double h = 2e-2;
        return (lossWith(weights, name, index, h, sequences) - lossWith(weights, name, index, -h, sequences)) / (2 * h);
    }

    private static double lossWith(
            Map<String, Tensor> weights, String name, int index, double delta, Sequences sequences) throws Exception {
        Map<String, Tensor> changed = new LinkedHashMap<>(weights);
        float[] values = weights.get(name).toFloats();
        values[index] += (float) delta;
        changed.put(name, Tensor.of(values, weights.get(name).shape()));
        try (Transformer model = Transformer.of(CONFIG, changed, "memory")) {
            return model.meanLoss(sequences);
        }
    }

    /** Rows that count up from a random start, modulo the vocabulary. */
    private static Sequences counting(Random random, int batch, int length) {
        List<int[]> rows = new ArrayList<>();
        for (int b = 0; b < batch; b++) {
            int[] row = new int[length];
            row[0] = random.nextInt(CONFIG.vocabularySize());
            for (int t = 1; t < length; t++) {
                row[t] = (row[t - 1] + 1) % CONFIG.vocabularySize();
            }
            rows.add(row);
        }
        return Sequences.packed(rows, -1);
    }
}
