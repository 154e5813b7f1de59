package io.alignstream.languagemodel.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.objective.NextTokenObjective;
import io.alignstream.languagemodel.objective.Steps;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.torch.Precision;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class LoraAdaptersTest {

    private static final LoraSettings SETTINGS =
            new LoraSettings(3, 6, new TreeSet<>(List.of("q_proj", "v_proj", "down_proj")), List.of(2, 5));

    /** An epsilon that keeps tiny gradients tiny: with a small one the sign of noise would make a whole step. */
    private static final AdamW.Settings SLOW = new AdamW.Settings(0.9, 0.95, 1e-2, 0, 1, 0, 1);

    @Test
    void changeNothingAtFirst() {
        for (int seed = 0; seed < 6; seed++) {
            // Given
            TransformerConfig config = RandomNetworks.config(seed);
            try (Transformer base = RandomNetworks.network(config, seed);
                    LoraAdapters adapters = LoraAdapters.initialise(base, SETTINGS, 1);
                    // When
                    Transformer merged = adapters.merged()) {

                // Then
                base.tensors().forEach((name, tensor) -> assertThat(
                                merged.tensors().get(name).toFloats())
                        .as(name)
                        .isEqualTo(tensor.toFloats()));
            }
        }
    }

    @Test
    void trainOnlyThemselvesAndMergeToWhatTheProgramComputes() {
        for (int seed = 0; seed < 6; seed++) {
            // Given
            TransformerConfig config = RandomNetworks.config(seed);
            try (Transformer base = RandomNetworks.network(config, seed);
                    LoraAdapters adapters = LoraAdapters.initialise(base, SETTINGS, 1);
                    AdamW optimiser = new AdamW(adapters, AdamW.Settings.FINE_TUNING)) {
                Map<String, Tensor> before = base.tensors();
                Sequences batch = batch(config);

                // When
                double first = Steps.nextToken(batch, adapters, optimiser, 0.02).loss();
                for (int step = 0; step < 10; step++) {
                    Steps.nextToken(batch, adapters, optimiser, 0.02);
                }

                // Then
                double last = Steps.nextToken(batch, adapters, optimiser, 0).loss();
                assertThat(last).as("%s", config).isLessThan(first);
                base.tensors()
                        .forEach((name, tensor) -> assertThat(tensor).as(name).isEqualTo(before.get(name)));
                assertThat(optimiser.state("o").keySet()).allMatch(name -> name.matches("o\\.[mvs]\\.(A|B|rows)\\..*"));
                try (Transformer merged = adapters.merged()) {
                    assertThat(merged.meanLoss(batch)).as("%s", config).isCloseTo(last, within(1e-4));
                }
            }
        }
    }

    /** By the chain rule: of W + scale·B·A with a gradient D of the whole, A has scale·Bᵀ·D and B has scale·D·Aᵀ. */
    @Test
    void gradientsAreThoseOfTheMergedNetworkByTheChainRule() {
        for (int seed = 0; seed < 9; seed++) {
            // Given: adapters that have learned something, as B is 0 at first
            TransformerConfig config = RandomNetworks.config(seed);
            LoraSettings settings = seed % 2 == 0
                    ? SETTINGS
                    : new LoraSettings(2, 3, new TreeSet<>(LoraSettings.PROJECTIONS), List.of());
            Sequences batch = batch(config);
            try (Transformer base = RandomNetworks.network(config, seed);
                    LoraAdapters adapters = LoraAdapters.initialise(base, settings, 1);
                    AdamW optimiser = new AdamW(adapters, SLOW)) {
                for (int step = 0; step < 4; step++) {
                    Steps.nextToken(batch, adapters, optimiser, 0.05);
                }
                Map<String, NDArray> whole;
                try (Transformer merged = adapters.merged();
                        Gradients expected = new Gradients(merged);
                        // When
                        Gradients actual = new Gradients(adapters)) {
                    double loss = new NextTokenObjective(merged).accumulate(batch, expected);
                    assertThat(new NextTokenObjective(adapters).accumulate(batch, actual))
                            .isCloseTo(loss, within(1e-4));
                    whole = byName(expected);

                    // Then
                    byName(actual).forEach((name, gradient) -> {
                        String weight = name.substring(name.indexOf('.') + 1);
                        NDArray d = whole.get(weight);
                        NDArray wanted =
                                switch (name.substring(0, name.indexOf('.'))) {
                                    case "A" ->
                                        adapters.weights()
                                                .get("B." + weight)
                                                .transpose()
                                                .matMul(d)
                                                .mul((float) settings.scale());
                                    case "B" ->
                                        d.matMul(adapters.weights()
                                                        .get("A." + weight)
                                                        .transpose())
                                                .mul((float) settings.scale());
                                    default -> d.get(new NDIndex("2:6:3"));
                                };
                        assertThat(gradient.toFloatArray())
                                .as("%s of %s", name, config)
                                .usingComparatorWithPrecision(1e-4f)
                                .containsExactly(wanted.toFloatArray());
                    });
                }
            }
        }
    }

    private static Map<String, NDArray> byName(Gradients gradients) {
        Map<String, NDArray> byName = new LinkedHashMap<>();
        gradients.arguments().forEach(array -> byName.put(array.getName().substring("g.".length()), array));
        return byName;
    }

    @Test
    void halfPrecisionFollowsFullPrecision() {
        // Given
        TransformerConfig config = RandomNetworks.config(3);
        try (Transformer base = RandomNetworks.network(config, 3);
                LoraAdapters adapters = LoraAdapters.initialise(base, SETTINGS, 1);
                LoraAdapters expected = LoraAdapters.initialise(base, SETTINGS, 1);
                AdamW half = new AdamW(adapters, SLOW, Precision.BFLOAT16);
                AdamW full = new AdamW(expected, SLOW)) {
            Sequences batch = batch(config);
            NextTokenObjective objective = new NextTokenObjective(adapters, Precision.BFLOAT16);
            for (int step = 0; step < 4; step++) {
                // When / Then
                assertThat(Steps.take(objective, batch, adapters, half, 0.01).loss())
                        .isCloseTo(Steps.nextToken(batch, expected, full, 0.01).loss(), within(0.05));
            }
        }
    }

    @Test
    void continueBitForBitAfterARestore() throws IOException {
        // Given
        TransformerConfig config = RandomNetworks.config(2);
        Sequences batch = batch(config);
        try (Transformer base = RandomNetworks.network(config, 2);
                LoraAdapters adapters = LoraAdapters.initialise(base, SETTINGS, 1);
                AdamW optimiser = new AdamW(adapters, AdamW.Settings.FINE_TUNING)) {
            for (int step = 0; step < 3; step++) {
                Steps.nextToken(batch, adapters, optimiser, 0.01);
            }

            // When
            try (LoraAdapters restored = LoraAdapters.of(base, SETTINGS, adapters.views());
                    AdamW resumed = new AdamW(restored, AdamW.Settings.FINE_TUNING)) {
                resumed.restore("o", optimiser.state("o"));
                for (int step = 0; step < 3; step++) {
                    Steps.nextToken(batch, adapters, optimiser, 0.01);
                    Steps.nextToken(batch, restored, resumed, 0.01);
                }

                // Then
                assertThat(restored.views()).isEqualTo(adapters.views());
            }
        }
    }

    @Test
    void carryPeftsNames() {
        // Given
        TransformerConfig config = TransformerConfig.of(20, 1, 32, 16);
        try (Transformer base = Transformer.initialise(config, 1);
                // When
                LoraAdapters adapters = LoraAdapters.initialise(base, SETTINGS, 1)) {

            // Then
            String layer = "base_model.model.model.layers.0.";
            assertThat(adapters.views().keySet())
                    .containsExactlyInAnyOrder(
                            "base_model.model.model.embed_tokens.token_adapter.trainable_tokens_delta",
                            layer + "self_attn.q_proj.lora_A.weight",
                            layer + "self_attn.q_proj.lora_B.weight",
                            layer + "self_attn.v_proj.lora_A.weight",
                            layer + "self_attn.v_proj.lora_B.weight",
                            layer + "mlp.down_proj.lora_A.weight",
                            layer + "mlp.down_proj.lora_B.weight");
            assertThat(adapters.views()
                            .get(layer + "mlp.down_proj.lora_A.weight")
                            .shape())
                    .containsExactly(3, config.feedForwardWidth());
        }
    }

    @Test
    void refuseWhatDoesNotFit() {
        assertThatThrownBy(() -> new LoraSettings(0, 1, SETTINGS.targets(), List.of()))
                .hasMessageContaining("rank 0");
        assertThatThrownBy(() -> new LoraSettings(1, 1, new TreeSet<>(List.of("query")), List.of()))
                .hasMessageContaining("targets [query]")
                .hasMessageContaining("q_proj");
        TransformerConfig config = TransformerConfig.of(5, 1, 32, 16);
        try (Transformer base = Transformer.initialise(config, 1)) {
            assertThatThrownBy(() -> LoraAdapters.initialise(base, SETTINGS, 1)).hasMessageContaining("tokens [2, 5]");
            LoraSettings fitting = new LoraSettings(1, 1, SETTINGS.targets(), List.of());
            assertThatThrownBy(() -> LoraAdapters.of(base, fitting, Map.of()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("lora_A.weight is missing");
        }
    }

    private static Sequences batch(TransformerConfig config) {
        int[] row = new Random(3).ints(12, 0, config.vocabularySize()).toArray();
        row[3] = 2;
        row[7] = 5;
        boolean[] learned = new boolean[12];
        Arrays.fill(learned, true);
        return Sequences.of(List.of(row, row.clone()), List.of(learned, learned));
    }
}
