package io.alignstream.languagemodel.optimiser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LinearScheduleTest {

    @Test
    void risesToThePeakAndFallsTowardsNothing() {
        // Given
        LinearSchedule schedule = new LinearSchedule(1, 0.2);

        // When
        double[] rates = IntStream.range(0, 10)
                .mapToDouble(step -> schedule.learningRate(step, 10))
                .toArray();

        // Then
        assertThat(rates)
                .containsExactly(
                        new double[] {0.5, 1, 1, 7 / 8.0, 6 / 8.0, 5 / 8.0, 4 / 8.0, 3 / 8.0, 2 / 8.0, 1 / 8.0},
                        within(1e-15));
    }

    @Test
    void withoutWarmUpTheFirstStepHasThePeak() {
        // Given
        LinearSchedule schedule = new LinearSchedule(3e-4, 0);

        // When
        double first = schedule.learningRate(0, 10);

        // Then
        assertThat(first).isEqualTo(3e-4);
    }

    @ParameterizedTest
    @CsvSource({"-1, 0.1, -1.0", "NaN, 0.1, NaN", "1, 1.5, 1.5"})
    void refusesWhatIsNoSchedule(double peak, double warmupShare, String named) {
        // When, then
        assertThatThrownBy(() -> new LinearSchedule(peak, warmupShare))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(named);
    }
}
