package io.alignstream.stageruntime.job;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SeriesTest {

    @Test
    void aLongRunKeepsEvenlySpreadPointsAndTheNewest() {
        // Given
        Series series = new Series(100);

        // When
        for (long step = 0; step <= 10_001; step++) {
            series.add(step, -step);
        }

        // Then
        assertThat(series.points()).hasSizeBetween(50, 101);
        assertThat(series.points().getFirst()).containsExactly(0, 0);
        assertThat(series.points().getLast()).containsExactly(10_001, -10_001);
        for (int i = 2; i < series.points().size() - 1; i++) {
            assertThat(series.points().get(i)[0] - series.points().get(i - 1)[0])
                    .isEqualTo(128);
        }
    }

    @Test
    void aResumedRunReplacesThePointsAfterItsCheckpoint() {
        // Given
        Series series = new Series(10);
        series.add(1, 1);
        series.add(2, 2);
        series.add(3, 3);

        // When
        series.add(2, 20);

        // Then
        assertThat(series.points()).containsExactly(new double[] {1, 1}, new double[] {2, 20});
    }
}
