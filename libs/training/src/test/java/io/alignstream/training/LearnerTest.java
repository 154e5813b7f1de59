package io.alignstream.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.objective.Computing;
import io.alignstream.languagemodel.objective.NextTokenObjective;
import io.alignstream.languagemodel.objective.Objective;
import io.alignstream.languagemodel.objective.PolicyObjective;
import io.alignstream.languagemodel.objective.RankedPair;
import io.alignstream.languagemodel.objective.RankingObjective;
import io.alignstream.languagemodel.objective.ValueObjective;
import io.alignstream.languagemodel.optimiser.AdamW;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class LearnerTest {

    private static final TransformerConfig CONFIG = new TransformerConfig(40, 2, 24, 4, 2, 40, 32, 10_000, 1e-5, true);
    private static final int TIME = 6;

    /** Three rows with 5, 1 and 2 targets. */
    private static final Sequences ROWS = rows(List.of(0, 1, 2), 5, 1, 2);

    /** The same in two micro-batches that count for 6 and 2 targets. */
    private static final List<Sequences> PARTS = List.of(rows(List.of(0, 1), 5, 1), rows(List.of(2), 2));

    private static final float[][] BESIDE = {
        {.5f, -1, .25f, 2, -.5f, 1}, {-2, .5f, 1, -1, .75f, -.25f}, {1, -1.5f, .5f, .25f, -1, 2}
    };

    @Test
    void micro_batches_with_unequal_target_counts_predict_as_one_batch() {
        check(model -> new NextTokenObjective(model, Computing.DEFAULT), ROWS, PARTS);
    }

    @Test
    void micro_batches_of_ranked_answers_are_judged_as_one_batch() {
        // The first prompt has three answers, the second two; each prompt counts once.
        Sequences answers = rows(List.of(0, 1, 2, 3, 4), 5, 5, 5, 5, 5);
        RankingObjective.Batch whole = new RankingObjective.Batch(
                answers,
                last(5),
                List.of(
                        new RankedPair(0, 1, .5, 1 / 6., false),
                        new RankedPair(1, 2, 0, 1 / 3., true),
                        new RankedPair(4, 3, 1, 1 / 2., false)),
                2);
        RankingObjective.Batch three = new RankingObjective.Batch(
                rows(List.of(0, 1, 2), 5, 5, 5),
                last(3),
                List.of(new RankedPair(0, 1, .5, 1 / 3., false), new RankedPair(1, 2, 0, 2 / 3., true)),
                1);
        RankingObjective.Batch two = new RankingObjective.Batch(
                rows(List.of(3, 4), 5, 5), last(2), List.of(new RankedPair(1, 0, 1, 1, false)), 1);

        check(model -> new RankingObjective(model, .01), whole, List.of(three, two));
    }

    @Test
    void micro_batches_with_unequal_answers_move_a_policy_as_one_batch() {
        check(
                model -> new PolicyObjective(model, 1, .2),
                new PolicyObjective.Batch(ROWS, sampledAt(0, 3), BESIDE),
                List.of(
                        new PolicyObjective.Batch(PARTS.getFirst(), sampledAt(0, 2), beside(0, 2)),
                        new PolicyObjective.Batch(PARTS.getLast(), sampledAt(2, 3), beside(2, 3))));
    }

    @Test
    void micro_batches_with_unequal_answers_move_values_as_one_batch() {
        float[][] old = new float[3][TIME];
        check(
                model -> new ValueObjective(model, .1, .5),
                new ValueObjective.Batch(ROWS, old, BESIDE),
                List.of(
                        new ValueObjective.Batch(PARTS.getFirst(), Arrays.copyOfRange(old, 0, 2), beside(0, 2)),
                        new ValueObjective.Batch(PARTS.getLast(), Arrays.copyOfRange(old, 2, 3), beside(2, 3))));
    }

    @Test
    void a_micro_batch_without_targets_changes_nothing() {
        // Given
        Function<Transformer, Objective<Sequences, Double>> objective =
                model -> new NextTokenObjective(model, Computing.DEFAULT);

        // When
        Taken<Double> taken = takeParts(objective, List.of(rows(List.of(4), 0), ROWS));

        // Then
        assertSame(taken, takeParts(objective, List.of(ROWS)), 0);
    }

    @Test
    void one_micro_batch_is_the_batch_bit_for_bit() {
        // Given
        Function<Transformer, Objective<Sequences, Double>> objective =
                model -> new NextTokenObjective(model, Computing.DEFAULT);

        // When
        Taken<Double> taken = takeParts(objective, List.of(ROWS));

        // Then
        assertSame(taken, take(objective, ROWS), 0);
    }

    @Test
    void what_is_learned_beside_an_objective_adds_its_gradients() {
        // Given
        Learner.Step<Double> whole = take(model -> new NextTokenObjective(model, Computing.DEFAULT), ROWS).step;

        // When
        Learner.Step<Double> both = LearnerTest.<Double>learning((model, learner) -> {
                    NextTokenObjective objective = new NextTokenObjective(model, Computing.DEFAULT);
                    return learner.step(
                            objective,
                            PARTS.getFirst(),
                            new Learner.Beside<>(objective, PARTS.getLast(), 1 / 3.),
                            1e-3);
                })
                .step;

        // Then: 6 of 8 targets' mean and a third of the others' is 4/3 of the mean over all.
        assertThat(both.gradientNorm()).isCloseTo(whole.gradientNorm() * 4 / 3, within(1e-5));
    }

    @Test
    void micro_batches_that_all_count_for_nothing_are_refused() {
        assertThatThrownBy(() -> takeParts(
                        model -> new NextTokenObjective(model, Computing.DEFAULT), List.of(rows(List.of(0), 0))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1 micro-batches count for 0.0");
    }

    private static <B, L> void check(Function<Transformer, Objective<B, L>> objective, B whole, List<B> microBatches) {
        // Given
        Taken<L> expected = take(objective, whole);

        // When
        Taken<L> taken = takeParts(objective, microBatches);

        // Then
        assertSame(taken, expected, 1e-6);
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

    private static <B, L> Taken<L> take(Function<Transformer, Objective<B, L>> objective, B batch) {
        return learning((model, learner) -> learner.step(objective.apply(model), batch, 1e-3));
    }

    private static <B, L> Taken<L> takeParts(Function<Transformer, Objective<B, L>> objective, List<B> microBatches) {
        return learning((model, learner) -> learner.step(objective.apply(model), microBatches, 1e-3));
    }

    @FunctionalInterface
    private interface Stepping<L> {
        Learner.Step<L> step(Transformer model, Learner learner);
    }

    private static <L> Taken<L> learning(Stepping<L> stepping) {
        try (Transformer model = Transformer.initialise(CONFIG, 3)) {
            model.addHead(1);
            try (Learner learner = new Learner(model, AdamW.Settings.REINFORCEMENT)) {
                Learner.Step<L> step = stepping.step(model, learner);
                return new Taken<>(step, learner.state(""));
            }
        }
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
