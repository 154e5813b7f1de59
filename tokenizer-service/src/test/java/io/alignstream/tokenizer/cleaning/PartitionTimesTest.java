package io.alignstream.tokenizer.cleaning;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.tokenizer.cleaning.Candidate.Position;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PartitionTimesTest {

    private static final long NOW = 1_900_000_000_000L;
    private static final long GRACE = 5_000;

    private final PartitionTimes times = new PartitionTimes(3, Duration.ofMillis(GRACE), CleaningPlan.QUIET);

    @BeforeEach
    void partitionsThatHaveComeToThePresent() {
        times.reached(0, NOW - GRACE - 300);
        times.reached(2, NOW - GRACE);
    }

    @Test
    void waitsForPartitionsThatMayHoldEarlierOnes() {
        // Given
        Position recent = new Position(NOW - GRACE - 100, 1, 7);

        // When
        boolean passes = times.mayPass(recent, NOW);

        // Then
        assertThat(passes).isFalse();
    }

    @Test
    void passesWhenAllHaveComeAsFar() {
        // Given
        Position old = new Position(NOW - GRACE - 300, 1, 7);
        times.reached(0, NOW - GRACE);

        // When
        boolean passes = times.mayPass(old, NOW);

        // Then
        assertThat(passes).isTrue();
    }

    @Test
    void aPositionFromTheFutureWaitsForThePresentOnly() {
        // Given
        Position future = new Position(NOW + Duration.ofDays(36_500).toMillis(), 1, 7);

        // When
        boolean passes = times.mayPass(future, NOW);

        // Then
        assertThat(passes).isTrue();
    }

    @Test
    void aPositionFromTheFutureWaitsForPartitionsWithWorkToDo() {
        // Given
        Position future = new Position(NOW + Duration.ofDays(36_500).toMillis(), 2, 7);
        PartitionTimes behind = new PartitionTimes(3, Duration.ofMillis(GRACE), CleaningPlan.QUIET);
        behind.reached(0, NOW - GRACE);
        behind.reached(1, NOW - Duration.ofHours(1).toMillis());

        // When
        boolean passes = behind.mayPass(future, NOW);

        // Then
        assertThat(passes).isFalse();
    }
}
