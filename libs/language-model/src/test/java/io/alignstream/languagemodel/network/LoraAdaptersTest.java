package io.alignstream.languagemodel.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.objective.Computing;
import io.alignstream.languagemodel.objective.NextTokenObjective;
import io.alignstream.languagemodel.objective.Steps;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.torch.Precision;
import java.io.IOException;
import java.util.Arrays;
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
                PackedSequences batch = batch(config);

                // When
                double first = Steps.packed(batch, adapters, optimiser, 0.02).loss();
                for (int step = 0; step < 10; step++) {
                    Steps.packed(batch, adapters, optimiser, 0.02);
                }

                // Then
                double last = Steps.packed(batch, adapters, optimiser, 0).loss();
                assertThat(last).as("%s", config).isLessThan(first);
                base.tensors()
                        .forEach((name, tensor) -> assertThat(tensor).as(name).isEqualTo(before.get(name)));
                assertThat(optimiser.state("o").keySet()).allMatch(name -> name.matches("o\\.[mvs]\\.(A|B|rows)\\..*"));
                try (Transformer merged = adapters.merged()) {
                    assertThat(merged.meanLoss(batch.rows())).as("%s", config).isCloseTo(last, within(1e-4));
                }
            }
        }
    }

    @Test
    void plainRowsGiveWhatAutogradGivesForPackedOnes() {
        for (int seed = 0; seed < 9; seed++) {
            // Given
            TransformerConfig config = RandomNetworks.config(seed);
            LoraSettings settings = seed % 2 == 0
                    ? SETTINGS
                    : new LoraSettings(2, 3, new TreeSet<>(LoraSettings.PROJECTIONS), List.of());
            for (int rows : new int[] {1, 2}) {
                try (Transformer base = RandomNetworks.network(config, seed);
                        LoraAdapters adapters = LoraAdapters.initialise(base, settings, 1);
                        LoraAdapters expected = LoraAdapters.initialise(base, settings, 1);
                        AdamW optimiser = new AdamW(adapters, SLOW);
                        AdamW oracle = new AdamW(expected, SLOW)) {
                    PackedSequences batch = batch(config);
                    NextTokenObjective objective =
                            new NextTokenObjective(adapters, new Computing(Precision.FLOAT32, rows));
                    for (int step = 0; step < 4; step++) {
                        // When
                        Steps.Taken<Double> taken = Steps.take(objective, batch.rows(), adapters, optimiser, 0.01);

                        // Then
                        Steps.Taken<Double> wanted = Steps.packed(batch, expected, oracle, 0.01);
                        assertThat(taken.loss()).as("%s", config).isCloseTo(wanted.loss(), within(1e-4));
                        assertThat(taken.gradientNorm())
                                .as("%s", config)
                                .isCloseTo(wanted.gradientNorm(), within(1e-3 * (1 + wanted.gradientNorm())));
                    }
                    Map<String, Tensor> moments = oracle.state("o");
                    optimiser.state("o").forEach((name, tensor) -> assertThat(tensor.toFloats())
                            .as("%s of %s", name, config)
                            .usingComparatorWithPrecision(1e-3f)
                            .containsExactly(moments.get(name).toFloats()));
                }
            }
        }
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
            Sequences batch = batch(config).rows();
            NextTokenObjective objective = new NextTokenObjective(adapters, new Computing(Precision.BFLOAT16, 2));
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
        PackedSequences batch = batch(config);
        try (Transformer base = RandomNetworks.network(config, 2);
                LoraAdapters adapters = LoraAdapters.initialise(base, SETTINGS, 1);
                AdamW optimiser = new AdamW(adapters, AdamW.Settings.FINE_TUNING)) {
            for (int step = 0; step < 3; step++) {
                Steps.packed(batch, adapters, optimiser, 0.01);
            }

            // When
            try (LoraAdapters restored = LoraAdapters.of(base, SETTINGS, adapters.tensors());
                    AdamW resumed = new AdamW(restored, AdamW.Settings.FINE_TUNING)) {
                resumed.restore("o", optimiser.state("o"));
                for (int step = 0; step < 3; step++) {
                    Steps.packed(batch, adapters, optimiser, 0.01);
                    Steps.packed(batch, restored, resumed, 0.01);
                }

                // Then
                assertThat(restored.tensors()).isEqualTo(adapters.tensors());
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
            assertThat(adapters.tensors().keySet())
                    .containsExactlyInAnyOrder(
                            "base_model.model.model.embed_tokens.token_adapter.trainable_tokens_delta",
                            layer + "self_attn.q_proj.lora_A.weight",
                            layer + "self_attn.q_proj.lora_B.weight",
                            layer + "self_attn.v_proj.lora_A.weight",
                            layer + "self_attn.v_proj.lora_B.weight",
                            layer + "mlp.down_proj.lora_A.weight",
                            layer + "mlp.down_proj.lora_B.weight");
            assertThat(adapters.tensors()
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

    private static PackedSequences batch(TransformerConfig config) {
        int[] row = new Random(3).ints(12, 0, config.vocabularySize()).toArray();
        row[3] = 2;
        row[7] = 5;
        boolean[] learned = new boolean[12];
        Arrays.fill(learned, true);
        return PackedSequences.single(List.of(row, row.clone()), List.of(learned, learned));
    }
}
