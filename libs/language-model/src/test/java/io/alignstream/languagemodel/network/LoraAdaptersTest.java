package io.alignstream.languagemodel.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.objective.NextTokenObjective;
import io.alignstream.languagemodel.objective.Objective;
import io.alignstream.languagemodel.objective.PolicyObjective;
import io.alignstream.languagemodel.objective.RankedPair;
import io.alignstream.languagemodel.objective.RankingObjective;
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

    /** As of next tokens, so of what policies, critics and reward models learn from. */
    @Test
    void every_objective_s_gradients_are_those_of_the_merged_network_by_the_chain_rule() throws IOException {
        for (int seed = 0; seed < 6; seed++) {
            // Given: adapters of the upper half, and a head that learns with those of all blocks
            TransformerConfig config = RandomNetworks.config(seed);
            LoraSettings every = new LoraSettings(2, 3, new TreeSet<>(LoraSettings.PROJECTIONS), List.of());
            LoraSettings upper = every.inUpper(0.5, config.layers());
            Sequences batch = batch(config);
            float[][] ones = new float[batch.batch()][batch.time()];
            Arrays.stream(ones).forEach(row -> Arrays.fill(row, 1));
            RankedPair pair = new RankedPair(0, 1, 0.5, 1, false);
            int[] last = {4, 9};
            try (Transformer base = RandomNetworks.network(config, seed);
                    Transformer scoring = base.sharing(config.layers())) {
                scoring.addHead(seed);
                try (LoraAdapters policy = learned(base, upper, batch);
                        LoraAdapters critic = learned(scoring, every, batch);
                        Transformer mergedPolicy = policy.merged();
                        Transformer mergedCritic = critic.merged()) {
                    PolicyObjective.Batch sampled =
                            new PolicyObjective.Batch(batch, policy.network().logProbabilities(batch, 1), ones);
                    RankingObjective.Batch ranked = new RankingObjective.Batch(batch, last, List.of(pair));

                    // When / Then
                    requireChainRule(
                            policy,
                            new PolicyObjective(policy.network(), 1, 0.2),
                            new PolicyObjective(mergedPolicy, 1, 0.2),
                            mergedPolicy,
                            sampled);
                    requireChainRule(
                            critic,
                            new RankingObjective(critic.network(), 0.01),
                            new RankingObjective(mergedCritic, 0.01),
                            mergedCritic,
                            ranked);
                }
            }
        }
    }

    private static LoraAdapters learned(Transformer base, LoraSettings settings, Sequences batch) {
        LoraAdapters adapters = LoraAdapters.initialise(base, settings, 1);
        try (AdamW optimiser = new AdamW(adapters, SLOW)) {
            for (int step = 0; step < 4; step++) {
                Steps.nextToken(batch, adapters, optimiser, 0.05);
            }
        }
        return adapters;
    }

    private static <B, L> void requireChainRule(
            LoraAdapters adapters, Objective<B, L> ofAdapters, Objective<B, L> ofMerged, Transformer merged, B batch) {
        try (Gradients expected = new Gradients(merged);
                Gradients actual = new Gradients(adapters)) {
            ofMerged.accumulate(batch, expected);
            ofAdapters.accumulate(batch, actual);
            Map<String, NDArray> whole = byName(expected);
            Map<String, NDArray> learned = byName(actual);
            assertThat(learned.keySet()).isEqualTo(adapters.weights().keySet());
            learned.forEach((name, gradient) -> assertThat(gradient.toFloatArray())
                    .as("%s of %s", name, merged.config())
                    .usingComparatorWithPrecision(1e-4f)
                    .containsExactly(byChainRule(adapters, name, whole).toFloatArray()));
        }
    }

    private static NDArray byChainRule(LoraAdapters adapters, String name, Map<String, NDArray> whole) {
        if (name.equals(Transformer.HEAD)) {
            return whole.get(name);
        }
        String weight = name.substring(name.indexOf('.') + 1);
        NDArray d = whole.get(weight);
        float scale = (float) adapters.settings().scale();
        return name.startsWith("A.")
                ? adapters.weights().get("B." + weight).transpose().matMul(d).mul(scale)
                : d.matMul(adapters.weights().get("A." + weight).transpose()).mul(scale);
    }

    @Test
    void a_base_with_adapters_scores_and_samples_as_the_merged_network_and_stays_what_it_was() throws IOException {
        // Given
        TransformerConfig config = RandomNetworks.config(3);
        Sequences batch = batch(config);
        AnswerSampler sampler = new AnswerSampler(1, 6, 0);
        List<int[]> prompts = List.of(new int[] {1, 2, 3}, new int[] {2, 5});
        try (Transformer base = RandomNetworks.network(config, 3);
                Transformer scoring = base.sharing(config.layers())) {
            float[][] before = base.logProbabilities(batch, 1);
            scoring.addHead(4);
            try (LoraAdapters adapters = learned(scoring, SETTINGS, batch);

                    // When
                    Transformer merged = adapters.merged()) {
                Transformer adapted = adapters.network();

                // Then
                assertThat(adapted.logProbabilities(batch, 0.7)).isDeepEqualTo(merged.logProbabilities(batch, 0.7));
                assertThat(adapted.scalars(batch)).isDeepEqualTo(merged.scalars(batch));
                assertThat(adapted.logits(1, 2, 5)).isDeepEqualTo(merged.logits(1, 2, 5));
                List<AnswerSampler.Answer> drawn = sampler.sample(adapted, prompts, new Random(1));
                List<AnswerSampler.Answer> expected = sampler.sample(merged, prompts, new Random(1));
                for (int i = 0; i < prompts.size(); i++) {
                    assertThat(drawn.get(i).tokens()).isEqualTo(expected.get(i).tokens());
                }
                assertThat(base.logProbabilities(batch, 1)).isDeepEqualTo(before);
                assertThat(base.hasHead()).isFalse();
                assertThatThrownBy(adapted::views).hasMessageContaining("a copy has them worked in");
                assertThatThrownBy(() -> LoraAdapters.initialise(adapted, SETTINGS, 1))
                        .hasMessageContaining("no base for others");
            }
        }
    }

    @Test
    void another_model_goes_on_from_adapters_and_changes_neither_them_nor_the_base() throws IOException {
        // Given
        TransformerConfig config = RandomNetworks.config(1);
        Sequences batch = batch(config);
        try (Transformer base = RandomNetworks.network(config, 1);
                LoraAdapters adapters = learned(base, SETTINGS, batch);
                LoraAdapters following = LoraAdapters.from(adapters.network(), SETTINGS, 9);
                AdamW optimiser = new AdamW(following, SLOW)) {
            double loss = adapters.network().meanLoss(batch);
            double begun = following.network().meanLoss(batch);

            // When
            Steps.nextToken(batch, following, optimiser, 0.05);

            // Then
            assertThat(begun).isEqualTo(loss);
            assertThat(following.network().meanLoss(batch)).isNotEqualTo(loss);
            assertThat(adapters.network().meanLoss(batch)).isEqualTo(loss);
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
