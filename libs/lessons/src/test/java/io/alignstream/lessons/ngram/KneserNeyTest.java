package io.alignstream.lessons.ngram;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KneserNeyTest {

    private static final int VOCABULARY = 12;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5})
    void the_probabilities_of_all_tokens_sum_to_one(int order) {
        // Given
        Random random = new Random(1);
        KneserNey grams = new KneserNey(order, VOCABULARY).train(chains(random, 60));

        // When
        for (int[] sequence : chains(random, 20)) {
            for (int at = 0; at < sequence.length; at++) {
                double sum = 0;
                int[] other = sequence.clone();
                for (int token = 0; token < VOCABULARY; token++) {
                    other[at] = token;
                    sum += grams.probability(other, at);
                }

                // Then
                assertThat(sum).isCloseTo(1, within(1e-9));
            }
        }
    }

    @Test
    void discounts_are_those_of_chen_and_goodman() {
        // Given: five n-grams that were seen once, three twice, two three times, one four times; Y = 5 / 11

        // When
        double[] discounts = KneserNey.discounts(5, 3, 2, 1);

        // Then: 1 - 2Y·3/5, 2 - 3Y·2/3, 3 - 4Y·1/2
        assertThat(discounts).containsExactly(new double[] {5 / 11.0, 12 / 11.0, 23 / 11.0}, within(1e-12));
    }

    @Test
    void a_bigram_model_is_the_formula_of_the_paper() {
        // Given: bigrams 01 twice, 10 once, 02 once, 03 once; n1 = 3, n2 = 1, n3 = 0, so Y = 3 / 5, D1 = 1 - 2Y / 3, D2
        // = 2
        KneserNey grams =
                new KneserNey(2, 4).train(List.of(new int[] {0, 1, 0, 1}, new int[] {0, 2}, new int[] {0, 3}));

        // When
        double once = grams.probability(new int[] {0, 2}, 1);
        double twice = grams.probability(new int[] {0, 1}, 1);
        double never = grams.probability(new int[] {0, 0}, 1);

        // Then: each token follows one other kind of token, n1 = 4, n2 = 0, so Y = 1, the lower discount is 1 and 1 / 4
        // stays
        double first = 1 - 2 * 3 / 5.0 / 3;
        double rest = (2 * first + 2) / 4 / 4;
        assertThat(once).isCloseTo((1 - first) / 4 + rest, within(1e-12));
        assertThat(twice).isCloseTo((2 - 2) / 4.0 + rest, within(1e-12));
        assertThat(never).isCloseTo(rest, within(1e-12));
    }

    @Test
    void what_comes_next_and_what_has_come_have_the_same_probabilities() {
        // Given
        List<int[]> chains = chains(new Random(3), 40);
        KneserNey grams = new KneserNey(3, VOCABULARY).train(chains);
        int[] row = chains.getFirst();

        // When
        float[] next = grams.next(row[0], row[1], row[2]);

        // Then
        assertThat(next[row[3]]).isEqualTo(grams.logProbabilities(List.of(row))[0][2]);
    }

    @Test
    void longer_contexts_predict_a_chain_better() {
        // Given
        Random random = new Random(2);
        List<int[]> training = chains(random, 400);
        List<int[]> validation = chains(random, 50);

        // When
        double[] nats = Stream.of(1, 2, 3)
                .mapToDouble(order -> loss(new KneserNey(order, VOCABULARY).train(training), validation))
                .toArray();

        // Then: the chain's next token depends on two before it, and is noise one time in ten
        assertThat(nats[1]).isLessThan(nats[0]);
        assertThat(nats[2]).isLessThan(0.6 * nats[1]);
    }

    private static double loss(KneserNey grams, List<int[]> sequences) {
        return sequences.stream()
                .flatMapToDouble(sequence -> IntStream.range(0, sequence.length)
                        .mapToDouble(at -> -Math.log(grams.probability(sequence, at))))
                .average()
                .orElseThrow();
    }

    private static List<int[]> chains(Random random, int count) {
        return Stream.generate(() -> {
                    int[] chain = new int[30];
                    chain[0] = random.nextInt(VOCABULARY);
                    chain[1] = random.nextInt(VOCABULARY);
                    for (int i = 2; i < chain.length; i++) {
                        chain[i] = random.nextInt(10) == 0
                                ? random.nextInt(VOCABULARY)
                                : (chain[i - 1] * 5 + chain[i - 2] * 3 + 1) % VOCABULARY;
                    }
                    return chain;
                })
                .limit(count)
                .toList();
    }
}
