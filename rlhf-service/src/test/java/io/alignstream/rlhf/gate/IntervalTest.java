package io.alignstream.rlhf.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class IntervalTest {

    @Test
    void is_as_wide_as_the_normal_approximation_of_many_prompts() {
        // Given: 60 % wins on 400 prompts, standard error √(0.6 · 0.4 / 400) = 0.0245
        double[] wins = new double[400];
        Arrays.fill(wins, 0, 240, 1);

        // When
        Interval interval = Interval.ofMean(wins, 1);

        // Then
        assertThat(interval.low()).isCloseTo(0.6 - 1.96 * 0.0245, within(0.008));
        assertThat(interval.high()).isCloseTo(0.6 + 1.96 * 0.0245, within(0.008));
    }

    @Test
    void holds_the_true_mean_about_95_times_in_100() {
        // Given
        SplittableRandom random = new SplittableRandom(7);
        int held = 0;

        // When
        for (int trial = 0; trial < 400; trial++) {
            double[] values =
                    random.doubles(60).map(value -> value < 0.3 ? 1 : 0).toArray();
            Interval interval = Interval.ofMean(values, trial);
            held += interval.low() <= 0.3 && 0.3 <= interval.high() ? 1 : 0;
        }

        // Then
        assertThat(held / 400.0).isBetween(0.9, 0.98);
    }

    @Test
    void without_prompts_is_no_number() {
        assertThat(Interval.ofMean(new double[0], 1).low()).isNaN();
    }
}
