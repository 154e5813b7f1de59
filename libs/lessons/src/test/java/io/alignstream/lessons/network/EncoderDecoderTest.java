package io.alignstream.lessons.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EncoderDecoderTest {

    private static final EncoderDecoder.Sizes SIZES = new EncoderDecoder.Sizes(11, 32, 1, 2, 8);
    private static final int STEPS = 400;
    private static final int ROWS = 32;

    @Test
    void it_learns_to_write_a_sequence_backwards() {
        // Given
        Random random = new Random(1);
        try (EncoderDecoder network = new EncoderDecoder(SIZES, 1)) {

            // When
            double first = 0;
            for (int step = 0; step < STEPS; step++) {
                List<int[]> sources = sequences(random, ROWS);
                double loss = network.step(sources, reversed(sources), 0.006 * (STEPS - step) / STEPS);
                first = step == 0 ? loss : first;
            }
            List<int[]> unseen = sequences(random, 50);
            List<int[]> written = network.translate(unseen);

            // Then
            assertThat(first).isCloseTo(Math.log(SIZES.vocabulary()), within(1.5));
            List<int[]> expected = reversed(unseen);
            long right = IntStream.range(0, unseen.size())
                    .filter(i -> Arrays.equals(written.get(i), expected.get(i)))
                    .count();
            assertThat(right).isGreaterThanOrEqualTo(45);
        }
    }

    @Test
    void where_it_looks_are_shares_of_one() {
        // Given
        try (EncoderDecoder network = new EncoderDecoder(SIZES, 2)) {

            // When
            float[][][][] grid = network.crossAttention(new int[] {3, 4, 5, 6}, new int[] {7, 8});

            // Then
            assertThat(grid).hasDimensions(1, 2);
            for (float[][] head : grid[0]) {
                assertThat(head).hasDimensions(3, 4);
                for (float[] shares : head) {
                    double sum = 0;
                    for (float share : shares) {
                        assertThat(share).isBetween(0f, 1f);
                        sum += share;
                    }
                    assertThat(sum).isCloseTo(1, within(1e-5));
                }
            }
        }
    }

    @Test
    void a_sentence_is_translated_as_if_it_were_alone() {
        // Given: one that learned a little, so that it writes something
        Random random = new Random(3);
        try (EncoderDecoder network = new EncoderDecoder(SIZES, 3)) {
            for (int step = 0; step < 40; step++) {
                List<int[]> sources = sequences(random, ROWS);
                network.step(sources, reversed(sources), 0.005);
            }
            int[] brief = {5, 3};

            // When
            List<int[]> alone = network.translate(List.of(brief));
            List<int[]> beside = network.translate(List.of(brief, new int[] {3, 4, 5, 6, 7, 8}));

            // Then
            assertThat(beside.getFirst()).isEqualTo(alone.getFirst()).isNotEmpty();
        }
    }

    @Test
    void equal_seeds_give_equal_weights() {
        try (EncoderDecoder first = new EncoderDecoder(SIZES, 5);
                EncoderDecoder second = new EncoderDecoder(SIZES, 5)) {
            // Given
            List<int[]> sources = sequences(new Random(1), ROWS);

            // When
            first.step(sources, reversed(sources), 0.005);
            String halfway = second.sha256();
            second.step(sources, reversed(sources), 0.005);

            // Then
            assertThat(first.sha256()).isEqualTo(second.sha256()).isNotEqualTo(halfway);
        }
    }

    @Test
    void what_is_too_long_is_refused() {
        try (EncoderDecoder network = new EncoderDecoder(SIZES, 6)) {
            assertThatThrownBy(() -> network.translate(List.of(new int[9])))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("9 tokens");
        }
        assertThatThrownBy(() -> new EncoderDecoder.Sizes(11, 30, 1, 4, 8))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("multiple of heads 4");
    }

    private static List<int[]> sequences(Random random, int count) {
        List<int[]> sequences = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            sequences.add(
                    random.ints(1 + random.nextInt(6), 3, SIZES.vocabulary()).toArray());
        }
        return sequences;
    }

    private static List<int[]> reversed(List<int[]> sequences) {
        return sequences.stream()
                .map(sequence -> IntStream.range(0, sequence.length)
                        .map(i -> sequence[sequence.length - 1 - i])
                        .toArray())
                .toList();
    }
}
