package io.alignstream.languagemodel.optimiser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.objective.Steps;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OuterNesterovTest {

    private static final TransformerConfig CONFIG = new TransformerConfig(40, 2, 24, 4, 2, 40, 32, 10_000, 1e-5, true);
    private static final int REPLICAS = 2;
    private static final int INNER_STEPS = 3;
    private static final double RATE = 0.7;
    private static final double MOMENTUM = 0.9;
    private static final OuterNesterov.Settings SETTINGS = new OuterNesterov.Settings(RATE, MOMENTUM);

    @Test
    void rounds_are_those_of_nesterovs_momentum_on_the_mean_way_of_the_replicas() {
        try (Transformer model = Transformer.initialise(CONFIG, 3);
                AdamW inner = new AdamW(model, AdamW.Settings.PRETRAINING);
                OuterNesterov outer = new OuterNesterov(model, inner, SETTINGS)) {
            Reference reference = new Reference(model.tensors());
            for (int round = 0; round < 3; round++) {
                // Given
                List<Map<String, Tensor>> replicas = new ArrayList<>();
                List<Map<String, Tensor>> moments = new ArrayList<>();

                // When
                round(round, model, inner, outer, replicas, moments);

                // Then
                reference.step(replicas);
                reference.weights.forEach(
                        (name, expected) -> assertThat(model.tensors().get(name).toFloats())
                                .as(name)
                                .containsExactly(floats(expected), within(1e-6f)));
                inner.state("i").forEach((name, tensor) -> assertThat(tensor.toFloats())
                        .as(name)
                        .containsExactly(mean(moments, name), within(1e-7f)));
                assertThat(inner.state("i").get("i.s.model.norm.weight").toFloats())
                        .containsExactly((round + 1) * INNER_STEPS);
            }
            assertThat(outer.state("o")).hasSameSizeAs(reference.velocity);
            reference.velocity.forEach((name, expected) -> assertThat(
                            outer.state("o").get("o.u.w." + name).toFloats())
                    .as(name)
                    .containsExactly(floats(expected), within(1e-6f)));
        }
    }

    @Test
    void a_replica_that_goes_back_has_the_bits_of_the_beginning() {
        try (Transformer model = Transformer.initialise(CONFIG, 3);
                AdamW inner = new AdamW(model, AdamW.Settings.PRETRAINING);
                OuterNesterov outer = new OuterNesterov(model, inner, SETTINGS)) {
            // Given
            learn(model, inner, 1);
            Map<String, Tensor> weights = model.tensors();
            Map<String, Tensor> moments = copies(inner.state("i"));
            outer.begin();
            learn(model, inner, 2);

            // When
            outer.back();

            // Then
            model.tensors().forEach((name, tensor) -> assertThat(tensor.toFloats())
                    .as(name)
                    .isEqualTo(weights.get(name).toFloats()));
            inner.state("i").forEach((name, tensor) -> assertThat(tensor.toFloats())
                    .as(name)
                    .isEqualTo(moments.get(name).toFloats()));
        }
    }

    @Test
    void a_restored_momentum_goes_on_bit_for_bit() throws IOException {
        try (Transformer model = Transformer.initialise(CONFIG, 3);
                AdamW inner = new AdamW(model, AdamW.Settings.PRETRAINING);
                OuterNesterov outer = new OuterNesterov(model, inner, SETTINGS)) {
            // Given
            round(0, model, inner, outer, new ArrayList<>(), new ArrayList<>());
            Map<String, Tensor> weights = model.tensors();
            Map<String, Tensor> state = copies(inner.state("s"));
            state.putAll(copies(outer.state("s")));
            round(1, model, inner, outer, new ArrayList<>(), new ArrayList<>());

            try (Transformer restored = Transformer.of(CONFIG, weights, "memory");
                    AdamW innerAgain = new AdamW(restored, AdamW.Settings.PRETRAINING);
                    OuterNesterov outerAgain = new OuterNesterov(restored, innerAgain, SETTINGS)) {
                // When
                innerAgain.restore("s", state);
                outerAgain.restore("s", state);
                round(1, restored, innerAgain, outerAgain, new ArrayList<>(), new ArrayList<>());

                // Then
                restored.tensors().forEach((name, tensor) -> assertThat(tensor.toFloats())
                        .as(name)
                        .isEqualTo(model.tensors().get(name).toFloats()));
            }
        }
    }

    @Test
    void a_run_that_had_no_outer_optimiser_is_gone_on_with_and_a_part_of_one_is_refused() throws IOException {
        try (Transformer model = Transformer.initialise(CONFIG, 3);
                AdamW inner = new AdamW(model, AdamW.Settings.PRETRAINING);
                OuterNesterov outer = new OuterNesterov(model, inner, SETTINGS)) {
            // Given
            Map<String, Tensor> without = inner.state("s");
            Map<String, Tensor> part = new HashMap<>(outer.state("s"));
            part.remove("s.u.w.model.norm.weight");

            // When
            outer.restore("s", without);

            // Then
            assertThat(outer.state("s").values())
                    .allSatisfy(tensor -> assertThat(tensor.toFloats()).containsOnly(0));
            assertThatThrownBy(() -> outer.restore("s", part)).hasMessageContaining("s.u.w.model.norm.weight");
        }
    }

    /** The formula in doubles. */
    private static final class Reference {
        final Map<String, double[]> weights = new LinkedHashMap<>();
        final Map<String, double[]> velocity = new LinkedHashMap<>();

        Reference(Map<String, Tensor> beginning) {
            beginning.forEach((name, tensor) -> {
                float[] values = tensor.toFloats();
                double[] exact = new double[values.length];
                for (int i = 0; i < exact.length; i++) {
                    exact[i] = values[i];
                }
                weights.put(name, exact);
                velocity.put(name, new double[exact.length]);
            });
        }

        void step(List<Map<String, Tensor>> replicas) {
            weights.forEach((name, weight) -> {
                double[] v = velocity.get(name);
                float[] mean = mean(replicas, name);
                for (int i = 0; i < weight.length; i++) {
                    double gradient = weight[i] - mean[i];
                    v[i] = MOMENTUM * v[i] + gradient;
                    weight[i] -= RATE * (gradient + MOMENTUM * v[i]);
                }
            });
        }
    }

    private static void round(
            int round,
            Transformer model,
            AdamW inner,
            OuterNesterov outer,
            List<Map<String, Tensor>> replicas,
            List<Map<String, Tensor>> moments) {
        outer.begin();
        try (Gradients sum = replica(round * REPLICAS, model, inner, outer)) {
            replicas.add(model.tensors());
            moments.add(copies(inner.state("i")));
            for (int other = 1; other < REPLICAS; other++) {
                sum.add(replica(round * REPLICAS + other, model, inner, outer));
                replicas.add(model.tensors());
                moments.add(copies(inner.state("i")));
            }
            outer.step(sum, REPLICAS);
        }
    }

    private static Gradients replica(int data, Transformer model, AdamW inner, OuterNesterov outer) {
        outer.back();
        learn(model, inner, data);
        return outer.way();
    }

    private static void learn(Transformer model, AdamW inner, int data) {
        Random random = new Random(data);
        for (int step = 0; step < INNER_STEPS; step++) {
            List<int[]> rows = new ArrayList<>();
            for (int row = 0; row < 4; row++) {
                rows.add(random.ints(12, 0, CONFIG.vocabularySize()).toArray());
            }
            Steps.nextToken(Sequences.packed(rows, -1), model, inner, 5e-3);
        }
    }

    private static Map<String, Tensor> copies(Map<String, Tensor> views) {
        Map<String, Tensor> copies = new LinkedHashMap<>();
        views.forEach((name, view) -> copies.put(name, view.copy()));
        return copies;
    }

    private static float[] mean(List<Map<String, Tensor>> all, String name) {
        float[] mean = new float[all.getFirst().get(name).toFloats().length];
        for (Map<String, Tensor> one : all) {
            float[] values = one.get(name).toFloats();
            for (int i = 0; i < mean.length; i++) {
                mean[i] += values[i] / all.size();
            }
        }
        return mean;
    }

    private static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }
}
