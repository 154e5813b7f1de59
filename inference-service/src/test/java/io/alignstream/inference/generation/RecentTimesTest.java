package io.alignstream.inference.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RecentTimesTest {

    private long now = -Duration.ofMinutes(7).toNanos();
    private final RecentTimes times = new RecentTimes(() -> now);

    @Test
    void withoutAnythingThereIsNoFigure() {
        // When
        RecentTimes.Distribution recent = times.recent();

        // Then
        assertThat(recent.count()).isZero();
        assertThat(recent.p50()).isNull();
        assertThat(recent.p99()).isNull();
    }

    @Test
    void quantilesAreAtMostAThirdTooLong() {
        // Given
        for (int i = 1; i <= 98; i++) {
            times.record(Duration.ofMillis(10).toNanos());
        }
        times.record(Duration.ofSeconds(2).toNanos());
        times.record(Duration.ofSeconds(3).toNanos());

        // When
        RecentTimes.Distribution recent = times.recent();

        // Then
        assertThat(recent.count()).isEqualTo(100);
        assertThat(recent.p50()).isCloseTo(0.01, within(0.0034));
        assertThat(recent.p99()).isBetween(2.0, 2.67);
        assertThat(recent.bins().getFirst().count()).isEqualTo(98);
        assertThat(recent.bins().getLast().count()).isEqualTo(1);
    }

    @Test
    void theShortestAndTheLongestHaveAPlaceToo() {
        // When
        times.record(0);
        times.record(Duration.ofDays(1).toNanos());

        // Then
        assertThat(times.recent().bins()).hasSize(49);
        assertThat(times.recent().p99()).isCloseTo(75, within(1.0));
    }

    @Test
    void whatIsOldIsForgottenMinuteByMinute() {
        // Given
        times.record(1_000_000);
        now += Duration.ofMinutes(RecentTimes.MINUTES - 1).toNanos();
        times.record(1_000_000);

        // When
        long before = times.recent().count();
        now += Duration.ofMinutes(1).toNanos();
        long after = times.recent().count();
        now += Duration.ofHours(1).toNanos();

        // Then
        assertThat(before).isEqualTo(2);
        assertThat(after).isEqualTo(1);
        assertThat(times.recent().count()).isZero();
    }
}
