package io.alignstream.benchmarks.models;

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
    void theProbabilitiesOfAllTokensSumToOne(int order) {
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
    void aBigramModelIsTheFormulaOfTheBook() {
        // Given: bigrams 01 twice, 10 once, 02 once; n1 = 2, n2 = 1, so the discount is 2 / 4
        KneserNey grams = new KneserNey(2, 3).train(List.of(new int[] {0, 1, 0, 1}, new int[] {0, 2}));

        // When
        double seen = grams.probability(new int[] {0, 1}, 1);

        // Then: each token follows one other kind of token, n1 = 3, n2 = 0, so the lower discount is 1
        double lower = 0.0 / 3 + 1.0 * 3 / 3 / 3;
        assertThat(seen).isCloseTo((2 - 0.5) / 3 + 0.5 * 2 / 3 * lower, within(1e-12));
    }

    @Test
    void longerContextsPredictAChainBetter() {
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
