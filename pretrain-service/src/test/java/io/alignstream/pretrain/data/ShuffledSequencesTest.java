package io.alignstream.pretrain.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ShuffledSequencesTest {

    private static final SequenceSource TEN = numbers(10);

    @Test
    void eachPassGivesEverySequenceOnceInAnotherOrder() {
        // Given
        try (ShuffledSequences sequences = new ShuffledSequences(TEN, 100, 1, 0, 0)) {

            // When
            List<Integer> first = take(sequences, 10);
            List<Integer> second = take(sequences, 10);

            // Then
            assertThat(first).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
            assertThat(second).containsExactlyInAnyOrderElementsOf(first).isNotEqualTo(first);
            assertThat(sequences.epoch()).isEqualTo(2);
            assertThat(sequences.nextSequence()).isZero();
        }
    }

    @Test
    void everyPlaceGoesOnAsIfNeverInterrupted() {
        // Given
        List<Integer> all;
        try (ShuffledSequences sequences = new ShuffledSequences(TEN, 4, 7, 0, 0)) {
            all = take(sequences, 30);
        }
        for (int done = 0; done < 30; done++) {
            try (ShuffledSequences sequences = new ShuffledSequences(TEN, 4, 7, done / 10, done % 10)) {

                // When
                List<Integer> rest = take(sequences, 30 - done);

                // Then
                assertThat(rest).isEqualTo(all.subList(done, 30));
            }
        }
    }

    @Test
    void aWindowOfOneKeepsTheOrder() {
        // Given
        try (ShuffledSequences sequences = new ShuffledSequences(TEN, 1, 7, 0, 8)) {

            // When
            List<Integer> taken = take(sequences, 4);

            // Then
            assertThat(taken).containsExactly(8, 9, 0, 1);
        }
    }

    @Test
    void saysWhenTheSourceIsShorterThanItWas() {
        // Given
        SequenceSource shrunk = new SequenceSource() {
            @Override
            public long size() {
                return 20;
            }

            @Override
            public int sequenceLength() {
                return 1;
            }

            @Override
            public Stream<int[]> open(long first) {
                return TEN.open(first);
            }
        };
        try (ShuffledSequences sequences = new ShuffledSequences(shrunk, 5, 1, 0, 0)) {

            // When
            take(sequences, 10);

            // Then
            assertThatThrownBy(() -> take(sequences, 1))
                    .hasMessageContaining("ends after 10 training sequences but the run was started on 20");
        }
    }

    private static List<Integer> take(ShuffledSequences sequences, int count) {
        List<Integer> taken = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            taken.add(sequences.take(1).getFirst()[0]);
        }
        return taken;
    }

    private static SequenceSource numbers(int count) {
        return SequenceSource.of(
                IntStream.range(0, count).mapToObj(i -> new int[] {i}).toList());
    }
}
