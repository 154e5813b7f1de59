package io.alignstream.lessons.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.lessons.model.LearningModel;
import java.util.List;
import java.util.Random;
import java.util.function.LongFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every network of the history learns, and learns the same twice. */
class LearningTest {

    private static final int VOCABULARY = 11;
    private static final int STEPS = 60;
    private static final int ROWS = 16;
    private static final int LENGTH = 17;

    @TestFactory
    Stream<DynamicTest> a_network_learns_what_no_count_of_single_tokens_knows() {
        return networks()
                .map(one -> DynamicTest.dynamicTest(one.name, () -> {
                    // Given: texts in which each token is a function of the one before, one time in ten of nothing
                    double equalChances = Math.log(VOCABULARY);

                    // When
                    try (LearningModel network = one.of.apply(1)) {
                        double first = network.step(texts(0), 0.01);
                        train(network);

                        // Then: equal chances at first, and far below the entropy of single tokens in the end
                        double last = -IntStream.range(0, ROWS)
                                .mapToDouble(row -> mean(network.logProbabilities(texts(1_000))[row]))
                                .average()
                                .orElseThrow();
                        assertThat(first).isCloseTo(equalChances, within(0.8));
                        assertThat(last).isLessThan(0.5 * equalChances);
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> equal_seeds_give_equal_weights_and_others_give_others() {
        return networks()
                .map(one -> DynamicTest.dynamicTest(one.name, () -> {
                    // Given
                    try (LearningModel first = one.of.apply(1);
                            LearningModel second = one.of.apply(1);
                            LearningModel other = one.of.apply(2)) {

                        // When
                        Stream.of(first, second, other).forEach(network -> IntStream.range(0, 3)
                                .forEach(step -> network.step(texts(step), 0.01)));

                        // Then
                        assertThat(first.sha256()).isEqualTo(second.sha256()).isNotEqualTo(other.sha256());
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> all_tokens_probabilities_sum_to_one_and_are_those_of_the_row() {
        return networks()
                .map(one -> DynamicTest.dynamicTest(one.name, () -> {
                    // Given
                    int[] row = {3, 1, 4, 1, 5};
                    try (LearningModel network = one.of.apply(3)) {

                        // When
                        float[] next = network.next(3, 1, 4, 1);

                        // Then
                        assertThat(IntStream.range(0, next.length)
                                        .mapToDouble(token -> Math.exp(next[token]))
                                        .sum())
                                .isCloseTo(1, within(1e-5));
                        assertThat(next[5]).isCloseTo(network.logProbabilities(List.of(row))[0][3], within(1e-5f));
                    }
                }));
    }

    private record Named(String name, LongFunction<LearningModel> of) {}

    private static Stream<Named> networks() {
        Stream<Named> recurrent = Stream.of(Cell.values())
                .map(cell -> new Named(
                        cell.name(),
                        seed -> new RecurrentNetwork(new RecurrentNetwork.Sizes(cell, 2, VOCABULARY, 24), seed)));
        return Stream.concat(
                recurrent,
                Stream.of(new Named(
                        "transformer",
                        seed -> new TransformerNetwork(TransformerConfig.of(VOCABULARY, 2, 32, LENGTH), seed))));
    }

    private static void train(LearningModel network) {
        for (int step = 1; step < STEPS; step++) {
            network.step(texts(step), 0.01);
        }
    }

    private static List<int[]> texts(int seed) {
        Random random = new Random(seed);
        return Stream.generate(() -> {
                    int[] row = new int[LENGTH];
                    row[0] = random.nextInt(VOCABULARY);
                    for (int t = 1; t < LENGTH; t++) {
                        row[t] = random.nextInt(10) == 0
                                ? random.nextInt(VOCABULARY)
                                : (row[t - 1] * 7 + 3) % VOCABULARY;
                    }
                    return row;
                })
                .limit(ROWS)
                .toList();
    }

    private static double mean(float... values) {
        double sum = 0;
        for (float value : values) {
            sum += value;
        }
        return sum / values.length;
    }
}
