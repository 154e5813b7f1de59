package io.alignstream.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Cut;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.objective.DpoObjective;
import io.alignstream.languagemodel.objective.GrpoObjective;
import io.alignstream.languagemodel.objective.NextTokenObjective;
import io.alignstream.languagemodel.objective.Objective;
import io.alignstream.languagemodel.objective.PolicyObjective;
import io.alignstream.languagemodel.objective.RankedPair;
import io.alignstream.languagemodel.objective.RankingObjective;
import io.alignstream.languagemodel.objective.ValueObjective;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.optimiser.OuterNesterov;
import io.alignstream.training.workers.Workers;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class LearnerTest {

    private static final TransformerConfig CONFIG = new TransformerConfig(40, 2, 24, 4, 2, 40, 32, 10_000, 1e-5, true);
    private static final int TIME = 6;

    /** Three rows with 5, 1 and 2 targets. */
    private static final Sequences ROWS = rows(List.of(0, 1, 2), 5, 1, 2);

    private static final float[][] BESIDE = {
        {.5f, -1, .25f, 2, -.5f, 1}, {-2, .5f, 1, -1, .75f, -.25f}, {1, -1.5f, .5f, .25f, -1, 2}
    };

    @Test
    void micro_batches_with_unequal_target_counts_predict_as_one_batch() {
        check(NextTokenObjective::new, ROWS);
    }

    @Test
    void micro_batches_of_ranked_answers_are_judged_as_one_batch() {
        // The first prompt has three answers, the second two; each prompt counts once.
        check(
                model -> new RankingObjective(model, .01),
                new RankingObjective.Batch(
                        rows(List.of(0, 1, 2, 3, 4), 5, 5, 5, 5, 5),
                        last(5),
                        List.of(
                                new RankedPair(0, 1, .5, 1 / 6., false),
                                new RankedPair(2, 0, 0, 1 / 3., true),
                                new RankedPair(4, 3, 1, 1 / 2., false)),
                        2));
    }

    @Test
    void micro_batches_with_unequal_answers_move_a_policy_as_one_batch() {
        check(model -> new PolicyObjective(model, 1, .2), new PolicyObjective.Batch(ROWS, sampledAt(0, 3), BESIDE));
    }

    @Test
    void micro_batches_with_unequal_answers_move_values_as_one_batch() {
        check(model -> new ValueObjective(model, .1, .5), new ValueObjective.Batch(ROWS, new float[3][TIME], BESIDE));
    }

    @Test
    void micro_batches_of_groups_move_a_policy_as_one_batch() {
        Sequences equallyLong = rows(List.of(0, 1, 2), 3, 3, 3); // so that figures over tokens merge exactly, too
        check(
                model -> new GrpoObjective(model, 1, .2, .1),
                new GrpoObjective.Batch(equallyLong, sampledAt(0, 3), BESIDE, new float[] {1, -.5f, .25f}));
    }

    @Test
    void micro_batches_of_preferences_move_a_policy_as_one_batch() {
        check(
                model -> new DpoObjective(model, .3),
                new DpoObjective.Batch(rows(List.of(0, 1, 2, 3), 5, 1, 2, 4), new float[] {-18, -4, -7, -15}));
    }

    @Test
    void pairs_and_prompts_stay_together_in_a_micro_batch() {
        // Given
        DpoObjective.Batch pairs = new DpoObjective.Batch(rows(List.of(0, 1, 2, 3), 5, 1, 2, 4), new float[4]);
        RankingObjective.Batch prompts = new RankingObjective.Batch(
                rows(List.of(0, 1, 2, 3, 4), 5, 5, 5, 5, 5),
                last(5),
                List.of(new RankedPair(0, 2, 0, .5, false), new RankedPair(4, 3, 0, .5, false)),
                2);
        try (Transformer model = Transformer.initialise(CONFIG, 3)) {
            // When
            List<DpoObjective.Batch> pairParts = new DpoObjective(model, 1).parts(pairs, Cut.ofPositions(1));
            List<RankingObjective.Batch> promptParts =
                    new RankingObjective(model, 0).parts(prompts, Cut.ofPositions(1));

            // Then
            assertThat(pairParts).extracting(part -> part.answers().batch()).containsExactly(2, 2);
            assertThat(promptParts).extracting(part -> part.answers().batch()).containsExactly(3, 2);
        }
    }

    @Test
    void rows_without_targets_change_nothing() {
        // Given
        Sequences without = rows(List.of(4, 0, 1, 2), 0, 5, 1, 2);

        // When
        Taken<Double> taken = take(NextTokenObjective::new, without, TIME);

        // Then
        assertSame(taken, take(NextTokenObjective::new, ROWS, TIME), 0);
    }

    @Test
    void a_batch_that_fits_is_not_divided() {
        // Given
        int fits = 3 * TIME;

        // When
        Taken<Double> taken = take(NextTokenObjective::new, ROWS, fits);

        // Then
        assertSame(taken, take(NextTokenObjective::new, ROWS, Integer.MAX_VALUE), 0);
    }

    @Test
    void what_is_learned_beside_an_objective_adds_its_gradients() {
        // Given
        Learner.Step<Double> whole = take(NextTokenObjective::new, ROWS, Integer.MAX_VALUE).step;

        // When
        Learner.Step<Double> both = LearnerTest.<Double>learning(
                        (model, learner) -> {
                            NextTokenObjective objective = new NextTokenObjective(model);
                            return learner.step(
                                    objective,
                                    rows(List.of(0, 1), 5, 1),
                                    List.of(new Learner.Beside<>(objective, rows(List.of(2), 2), 1 / 3.)),
                                    1e-3);
                        },
                        TIME)
                .step;

        // Then: 6 of 8 targets' mean and a third of the others' is 4/3 of the mean over all.
        assertThat(both.gradientNorm()).isCloseTo(whole.gradientNorm() * 4 / 3, within(1e-5));
    }

    @Test
    void micro_batches_that_all_count_for_nothing_are_refused() {
        assertThatThrownBy(() -> take(NextTokenObjective::new, rows(List.of(0, 1), 0, 0), TIME))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2 micro-batches count for 0.0");
    }

    @Test
    void replicas_that_meet_after_one_step_without_momentum_are_their_mean() {
        // Given
        Sequences both = rows(List.of(0, 1, 2, 3), 5, 1, 2, 4);
        List<Map<String, Tensor>> apart = List.of(
                weightsAfter(rows(List.of(0, 1), 5, 1), Workers.alone(1)),
                weightsAfter(rows(List.of(2, 3), 2, 4), Workers.alone(1)));

        // When
        Map<String, Tensor> together = weightsAfter(both, Workers.alone(2));

        // Then
        together.forEach((name, tensor) -> {
            float[] expected = apart.get(0).get(name).toFloats();
            float[] other = apart.get(1).get(name).toFloats();
            for (int i = 0; i < expected.length; i++) {
                expected[i] = (expected[i] + other[i]) / 2;
            }
            assertThat(tensor.toFloats()).as(name).containsExactly(expected, within(1e-6f));
        });
    }

    /** After a round of one step that ends with the mean of the replicas; of one replica it is the step. */
    private static Map<String, Tensor> weightsAfter(Sequences batch, Workers workers) {
        try (Transformer model = Transformer.initialise(CONFIG, 3);
                Learner learner = new Learner(
                                model, new AdamW(model, AdamW.Settings.PRETRAINING), Integer.MAX_VALUE, workers)
                        .locally(new OuterNesterov.Settings(1, 0))) {
            learner.round(new NextTokenObjective(model), List.of(batch), new double[] {1e-3});
            return model.tensors();
        }
    }

    @Test
    void a_round_reports_each_of_its_steps_as_one_of_the_whole_batch() {
        try (Transformer model = Transformer.initialise(CONFIG, 3);
                Learner exact = new Learner(
                        model, new AdamW(model, AdamW.Settings.PRETRAINING), Integer.MAX_VALUE, Workers.alone(2));
                Learner local = new Learner(
                                model,
                                new AdamW(model, AdamW.Settings.PRETRAINING),
                                Integer.MAX_VALUE,
                                Workers.alone(2))
                        .locally(new OuterNesterov.Settings(0.7, 0.9))) {
            // Given: without a learning rate no weight moves, so that both compute with the same ones
            NextTokenObjective objective = new NextTokenObjective(model);
            List<Sequences> batches = List.of(ROWS, rows(List.of(3, 4, 5, 6), 4, 0, 0, 0));
            List<Double> expected = batches.stream()
                    .map(batch -> exact.step(objective, batch, 0).loss())
                    .toList();

            // When
            List<Learner.Step<Double>> steps = local.round(objective, batches, new double[] {0, 0});

            // Then
            assertThat(steps).extracting(Learner.Step::loss).isEqualTo(expected);
            assertThat(steps).extracting(Learner.Step::gradientNorm).allSatisfy(norm -> assertThat(norm)
                    .isPositive());
        }
    }

    /**
     * A step on micro-batches of one row, or as few as belong together, one on two rows, and those in shards, of which there may
     * be more than rows: all as on all rows at once.
     */
    private static <B, L> void check(Function<Transformer, Objective<B, L>> objective, B batch) {
        // Given
        Taken<L> expected = take(objective, batch, Integer.MAX_VALUE);

        for (int rows = 1; rows <= 2; rows++) {
            // When
            Taken<L> taken = take(objective, batch, rows * TIME);

            // Then
            assertSame(taken, expected, 1e-6);
        }
        for (int shards = 2; shards <= 8; shards *= 2) {
            Workers worker = Workers.alone(shards);

            // When
            Taken<L> taken =
                    learning((model, learner) -> learner.step(objective.apply(model), batch, 1e-3), TIME, worker);

            // Then
            assertSame(taken, expected, 1e-6);
        }
    }

    private static <L> void assertSame(Taken<L> taken, Taken<L> expected, double tolerance) {
        assertThat(taken.step)
                .usingRecursiveComparison()
                .withComparatorForType(
                        (a, b) -> Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b)) ? 0 : 1, Double.class)
                .isEqualTo(expected.step);
        assertThat(taken.moments.keySet()).isEqualTo(expected.moments.keySet());
        expected.moments.forEach(
                (name, moment) -> assertThat(taken.moments.get(name).toFloats())
                        .as(name)
                        .containsExactly(moment.toFloats(), within((float) tolerance)));
    }

    /** What a step gave, and the optimiser's moments after it, which are the gradients times a constant. */
    private record Taken<L>(Learner.Step<L> step, Map<String, Tensor> moments) {}

    private static <B, L> Taken<L> take(Function<Transformer, Objective<B, L>> objective, B batch, int positions) {
        return learning((model, learner) -> learner.step(objective.apply(model), batch, 1e-3), positions);
    }

    @FunctionalInterface
    private interface Stepping<L> {
        Learner.Step<L> step(Transformer model, Learner learner);
    }

    private static <L> Taken<L> learning(Stepping<L> stepping, int positions) {
        return learning(stepping, positions, Workers.alone(1));
    }

    private static <L> Taken<L> learning(Stepping<L> stepping, int positions, Workers workers) {
        try (Transformer model = Transformer.initialise(CONFIG, 3)) {
            model.addHead(1);
            try (Learner learner =
                    new Learner(model, new AdamW(model, AdamW.Settings.REINFORCEMENT), positions, workers)) {
                Learner.Step<L> step = stepping.step(model, learner);
                Map<String, Tensor> moments = learner.state("");
                moments.replaceAll((name, view) -> view.copy());
                return new Taken<>(step, moments);
            }
        }
    }

    @Test
    void steps_that_are_undone_leave_weights_and_moments_as_they_were() {
        // Given
        try (Transformer model = Transformer.initialise(CONFIG, 1);
                Learner learner = new Learner(model, AdamW.Settings.PRETRAINING)) {
            NextTokenObjective objective = new NextTokenObjective(model);
            learner.step(objective, ROWS, 1e-2);
            learner.mark();
            Map<String, Tensor> before = copies(model, learner);
            learner.step(objective, ROWS, 1e-2);
            Map<String, Tensor> after = copies(model, learner);
            learner.step(objective, ROWS, 1e-2);

            // When
            learner.goBack();

            // Then: what follows is what followed before
            assertThat(copies(model, learner)).isEqualTo(before).isNotEqualTo(after);
            learner.step(objective, ROWS, 1e-2);
            assertThat(copies(model, learner)).isEqualTo(after);
        }
    }

    @Test
    void without_a_mark_there_is_nothing_to_go_back_to() {
        // Given
        try (Transformer model = Transformer.initialise(CONFIG, 1);
                Learner learner = new Learner(model, AdamW.Settings.PRETRAINING)) {
            // When, then
            assertThatThrownBy(learner::goBack)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("mark it");
        }
    }

    @Test
    void a_step_that_is_prepared_changes_nothing_until_it_is_taken() {
        // Given
        try (Transformer model = Transformer.initialise(CONFIG, 1);
                Transformer other = Transformer.initialise(CONFIG, 1);
                Learner learner = new Learner(model, AdamW.Settings.PRETRAINING);
                Learner atOnce = new Learner(other, AdamW.Settings.PRETRAINING)) {
            NextTokenObjective objective = new NextTokenObjective(model);
            Map<String, Tensor> before = copies(model, learner);
            double loss = atOnce.step(new NextTokenObjective(other), ROWS, 1e-2).loss();

            // When
            Map<String, Tensor> prepared;
            double reported;
            try (Learner.Prepared<Double> step = learner.prepare(objective, ROWS, List.of())) {
                prepared = copies(model, learner);
                reported = step.kept().take(1e-2).loss();
            }

            // Then
            assertThat(prepared).isEqualTo(before);
            assertThat(reported).isEqualTo(loss);
            assertThat(copies(model, learner)).isEqualTo(copies(other, atOnce));
        }
    }

    private static Map<String, Tensor> copies(Transformer model, Learner learner) {
        Map<String, Tensor> copies = new HashMap<>();
        model.views().forEach((name, tensor) -> copies.put(name, tensor.copy()));
        learner.state("optimiser").forEach((name, tensor) -> copies.put(name, tensor.copy()));
        return copies;
    }

    /** Log probabilities at sampling that differ from today's, so that some ratios are clipped. */
    private static float[][] sampledAt(int from, int to) {
        float[][] logs = beside(from, to);
        for (float[] row : logs) {
            for (int t = 0; t < row.length; t++) {
                row[t] = -3.7f + .2f * row[t];
            }
        }
        return logs;
    }

    private static float[][] beside(int from, int to) {
        return Arrays.stream(BESIDE, from, to).map(float[]::clone).toArray(float[][]::new);
    }

    private static int[] last(int rows) {
        int[] last = new int[rows];
        Arrays.fill(last, TIME - 1);
        return last;
    }

    /** A row for each seed, whose last targets count, as many as {@code targets} says. */
    private static Sequences rows(List<Integer> seeds, int... targets) {
        long[] ids = new long[seeds.size() * TIME];
        long[] next = new long[ids.length];
        for (int row = 0; row < seeds.size(); row++) {
            for (int t = 0; t < TIME; t++) {
                ids[row * TIME + t] = (seeds.get(row) * 11 + t * 7) % CONFIG.vocabularySize();
                next[row * TIME + t] = t < TIME - targets[row] ? Sequences.IGNORE : (seeds.get(row) * 5 + t * 3) % 40;
            }
        }
        return new Sequences(seeds.size(), TIME, ids, next);
    }
}
