package io.alignstream.languagemodel.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.objective.DistillationObjective;
import io.alignstream.languagemodel.objective.DpoObjective;
import io.alignstream.languagemodel.objective.GrpoObjective;
import io.alignstream.languagemodel.objective.PolicyObjective;
import io.alignstream.languagemodel.objective.RankedPair;
import io.alignstream.languagemodel.objective.RankingObjective;
import io.alignstream.languagemodel.objective.ValueObjective;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/** Each loss of human preferences against its formula in plain loops over doubles: value, and gradients by differences. */
class ObjectivesOracleTest {

    private static final int NETWORKS = 9;
    private static final double TEMPERATURE = 0.8;
    private static final double CLIP = 0.2;

    /** A random network, sampled-looking rows with prompts of other lengths, and random numbers to go with them. */
    private static final class Case implements AutoCloseable {

        private final TransformerConfig config;
        private final Transformer model;
        private final Random random;
        private final List<int[]> rows = new ArrayList<>();
        private final List<boolean[]> answers = new ArrayList<>();

        Case(int seed, int rowCount, boolean head) {
            config = RandomNetworks.config(seed);
            model = RandomNetworks.network(config, seed);
            random = new Random(seed);
            if (head) {
                model.addHead(seed);
            }
            for (int b = 0; b < rowCount; b++) {
                int prompt = 1 + random.nextInt(3);
                int[] row = RandomNetworks.row(config, prompt + 1 + random.nextInt(4), 100 * seed + b);
                if (seed % 3 == 2) {
                    prompt = row.length - 1; // one position counts of all that the network computes
                }
                boolean[] answer = new boolean[row.length];
                Arrays.fill(answer, prompt, row.length, true);
                rows.add(row);
                answers.add(answer);
            }
        }

        Sequences sequences() {
            return Sequences.of(rows, answers);
        }

        /** {@code values} with as much noise as an update or two makes, so that some of them are clipped. */
        float[][] near(float[][] values, double deviation) {
            float[][] moved = new float[values.length][];
            for (int b = 0; b < values.length; b++) {
                moved[b] = values[b].clone();
                for (int t = 0; t < moved[b].length; t++) {
                    moved[b][t] += (float) (deviation * random.nextGaussian());
                }
            }
            return moved;
        }

        @Override
        public void close() {
            model.close();
        }
    }

    @Test
    void ranking() {
        for (int seed = 0; seed < NETWORKS; seed++) {
            try (Case given = new Case(seed, 4, true);
                    Gradients gradients = new Gradients(given.model)) {
                // Given
                List<RankedPair> pairs = List.of(
                        new RankedPair(0, 1, 0.3, 0.5, false),
                        new RankedPair(2, 0, 0, 0.3, false),
                        new RankedPair(3, 1, 0, 0.2, true));
                int[] last = given.rows.stream().mapToInt(row -> row.length - 2).toArray();

                // When
                double loss = new RankingObjective(given.model, 0.01)
                        .accumulate(new RankingObjective.Batch(given.sequences(), last, pairs), gradients);

                // Then
                require(given, gradients, loss, oracle -> {
                    double sum = 0;
                    for (RankedPair pair : pairs) {
                        double better = oracle.scalars(given.rows.get(pair.better()))[last[pair.better()]];
                        double worse = oracle.scalars(given.rows.get(pair.worse()))[last[pair.worse()]];
                        double difference = better - worse;
                        double one =
                                pair.tied() ? Math.abs(difference) : Math.log1p(Math.exp(pair.margin() - difference));
                        sum += pair.weight() * (one + 0.01 * (better + worse) * (better + worse));
                    }
                    return sum;
                });
            }
        }
    }

    @Test
    void policy() {
        for (int seed = 0; seed < NETWORKS; seed++) {
            try (Case given = new Case(seed, 3, false);
                    Gradients gradients = new Gradients(given.model)) {
                // Given
                Sequences sequences = given.sequences();
                float[][] old = given.near(given.model.logProbabilities(sequences, TEMPERATURE), 0.3);
                float[][] advantages = given.near(new float[3][sequences.time()], 1);

                // When
                PolicyObjective.Figures figures = new PolicyObjective(given.model, TEMPERATURE, CLIP)
                        .accumulate(new PolicyObjective.Batch(sequences, old, advantages), gradients);

                // Then
                require(given, gradients, figures.loss(), oracle -> {
                    double sum = 0;
                    int count = 0;
                    for (int b = 0; b < given.rows.size(); b++) {
                        double[] logs = oracle.logProbabilities(given.rows.get(b), TEMPERATURE);
                        for (int t = 0; t < logs.length; t++) {
                            if (given.answers.get(b)[t + 1]) {
                                sum += surrogate(logs[t] - old[b][t], advantages[b][t]);
                                count++;
                            }
                        }
                    }
                    return sum / count;
                });
            }
        }
    }

    @Test
    void value() {
        for (int seed = 0; seed < NETWORKS; seed++) {
            try (Case given = new Case(seed, 3, true);
                    Gradients gradients = new Gradients(given.model)) {
                // Given
                Sequences sequences = given.sequences();
                float[][] old = given.near(given.model.scalars(sequences), 0.3);
                float[][] returns = given.near(old, 1);

                // When
                double loss = new ValueObjective(given.model, CLIP, 1)
                        .accumulate(new ValueObjective.Batch(sequences, old, returns), gradients)
                        .loss();

                // Then
                require(given, gradients, loss, oracle -> {
                    double sum = 0;
                    int count = 0;
                    for (int b = 0; b < given.rows.size(); b++) {
                        double[] values = oracle.scalars(given.rows.get(b));
                        for (int t = 0; t < values.length; t++) {
                            if (given.answers.get(b)[t + 1]) {
                                double near = Math.clamp(values[t], old[b][t] - CLIP, old[b][t] + CLIP);
                                double plain = values[t] - returns[b][t];
                                double clipped = near - returns[b][t];
                                sum += Math.max(plain * plain, clipped * clipped) / 2;
                                count++;
                            }
                        }
                    }
                    return sum / count;
                });
            }
        }
    }

    @Test
    void grpo() {
        for (int seed = 0; seed < NETWORKS; seed++) {
            try (Case given = new Case(seed, 3, false);
                    Gradients gradients = new Gradients(given.model)) {
                // Given
                Sequences sequences = given.sequences();
                float[][] now = given.model.logProbabilities(sequences, TEMPERATURE);
                float[][] old = given.near(now, 0.3);
                float[][] reference = given.near(now, 0.5);
                float[] advantages = {1.2f, -0.7f, -0.5f};

                // When
                PolicyObjective.Figures figures = new GrpoObjective(given.model, TEMPERATURE, CLIP, 0.1)
                        .accumulate(new GrpoObjective.Batch(sequences, old, reference, advantages), gradients);

                // Then
                require(given, gradients, figures.loss(), oracle -> {
                    double mean = 0;
                    for (int b = 0; b < given.rows.size(); b++) {
                        double[] logs = oracle.logProbabilities(given.rows.get(b), TEMPERATURE);
                        double sum = 0;
                        int length = 0;
                        for (int t = 0; t < logs.length; t++) {
                            if (given.answers.get(b)[t + 1]) {
                                double drift = logs[t] - reference[b][t];
                                sum += surrogate(logs[t] - old[b][t], advantages[b])
                                        + 0.1 * (Math.exp(-drift) - 1 + drift);
                                length++;
                            }
                        }
                        mean += sum / length / given.rows.size();
                    }
                    return mean;
                });
            }
        }
    }

    @Test
    void dpo() {
        for (int seed = 0; seed < NETWORKS; seed++) {
            try (Case given = new Case(seed, 4, false);
                    Gradients gradients = new Gradients(given.model)) {
                // Given
                float[] reference = {-9, -8, -11, -7};

                // When
                DpoObjective.Figures figures = new DpoObjective(given.model, 0.3)
                        .accumulate(new DpoObjective.Batch(given.sequences(), reference), gradients);

                // Then
                require(given, gradients, figures.loss(), oracle -> {
                    double[] gained = new double[4];
                    for (int b = 0; b < gained.length; b++) {
                        double[] logs = oracle.logProbabilities(given.rows.get(b), 1);
                        for (int t = 0; t < logs.length; t++) {
                            gained[b] += given.answers.get(b)[t + 1] ? logs[t] : 0;
                        }
                        gained[b] -= reference[b];
                    }
                    return (Math.log1p(Math.exp(-0.3 * (gained[0] - gained[1])))
                                    + Math.log1p(Math.exp(-0.3 * (gained[2] - gained[3]))))
                            / 2;
                });
            }
        }
    }

    @Test
    void distillation() {
        for (int seed = 0; seed < NETWORKS; seed++) {
            double share = List.of(0.0, 0.7, 1.0).get(seed / 3); // every family with each
            TransformerConfig shape = RandomNetworks.config(seed + 1); // another family, wider, deeper
            try (Case given = new Case(seed, 3, false);
                    Transformer teacher =
                            RandomNetworks.network(shape.withVocabulary(given.config.vocabularySize()), 50 + seed);
                    Gradients gradients = new Gradients(given.model)) {
                // Given
                NaiveTransformer expected = new NaiveTransformer(teacher.config(), teacher.tensors());

                // When
                DistillationObjective.Figures figures = new DistillationObjective(
                                given.model, teacher, TEMPERATURE, share)
                        .accumulate(given.sequences(), gradients);

                // Then
                require(given, gradients, figures.loss(), oracle -> {
                    double sum = 0;
                    int count = 0;
                    for (int b = 0; b < given.rows.size(); b++) {
                        int[] row = given.rows.get(b);
                        double[] logs = oracle.logProbabilities(row, 1);
                        double[][] theirs = expected.logits(Arrays.copyOf(row, row.length - 1));
                        double[][] ours = oracle.logits(Arrays.copyOf(row, row.length - 1));
                        for (int t = 0; t < logs.length; t++) {
                            if (given.answers.get(b)[t + 1]) {
                                sum += (share - 1) * logs[t]
                                        + share * TEMPERATURE * TEMPERATURE * divergence(theirs[t], ours[t]);
                                count++;
                            }
                        }
                    }
                    return sum / count;
                });
            }
        }
    }

    /** KL(teacher || student) of logits at the temperature. */
    private static double divergence(double[] teacher, double[] student) {
        double sum = 0;
        for (int token = 0; token < teacher.length; token++) {
            double log = teacher[token] / TEMPERATURE - logOfSum(teacher);
            sum += Math.exp(log) * (log - student[token] / TEMPERATURE + logOfSum(student));
        }
        return sum;
    }

    private static double logOfSum(double... logits) {
        return Math.log(Arrays.stream(logits)
                .map(logit -> Math.exp(logit / TEMPERATURE))
                .sum());
    }

    private static double surrogate(double d, double advantage) {
        double ratio = Math.exp(d);
        return Math.max(-advantage * ratio, -advantage * Math.clamp(ratio, 1 - CLIP, 1 + CLIP));
    }

    /** Both agree on the loss, and on three gradients of each weight where the formula has no edge near. */
    private static void require(
            Case given, Gradients gradients, double loss, ToDoubleFunction<NaiveTransformer> formula) {
        NaiveTransformer oracle = new NaiveTransformer(given.config, given.model.tensors());
        assertThat(loss).as("loss of %s", given.config).isCloseTo(formula.applyAsDouble(oracle), within(2e-4));
        Map<String, float[]> computed = new LinkedHashMap<>();
        for (NDArray gradient : gradients.arguments()) {
            computed.put(gradient.getName().substring("g.".length()), gradient.toFloatArray());
        }
        int compared = 0;
        for (Map.Entry<String, Tensor> weight : given.model.tensors().entrySet()) {
            float[] gradient = computed.get(weight.getKey());
            for (int sample = 0; sample < 3; sample++) {
                int at = given.random.nextInt(gradient.length);
                double coarse = difference(oracle, weight.getKey(), at, formula, 1e-5);
                double fine = difference(oracle, weight.getKey(), at, formula, 1e-7);
                if (Math.abs(coarse - fine) > 1e-5 + 1e-4 * Math.abs(coarse)) {
                    continue; // a clip or a tie lies between: the formula has no derivative there
                }
                compared++;
                assertThat((double) gradient[at])
                        .as("gradient of %s[%s] of %s", weight.getKey(), at, given.config)
                        .isCloseTo(coarse, within(2e-4 + 2e-3 * Math.abs(coarse)));
            }
        }
        assertThat(compared).as("gradients compared of %s", given.config).isGreaterThan(2 * computed.size());
    }

    private static double difference(
            NaiveTransformer oracle, String name, int at, ToDoubleFunction<NaiveTransformer> formula, double delta) {
        double[] weight = oracle.weights().get(name);
        double old = weight[at];
        weight[at] = old + delta;
        double above = formula.applyAsDouble(oracle);
        weight[at] = old - delta;
        double below = formula.applyAsDouble(oracle);
        weight[at] = old;
        return (above - below) / (2 * delta);
    }
}
