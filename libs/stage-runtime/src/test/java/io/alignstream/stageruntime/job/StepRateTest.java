package io.alignstream.stageruntime.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class StepRateTest {

    @Test
    void unknownAtFirst() {
        // When
        StepRate rate = new StepRate(100, 0);

        // Then
        assertThat(rate.eta(200)).isEmpty();
    }

    @Test
    void theRestOverTheRate() {
        // Given
        StepRate rate = new StepRate(100, 0);

        // When
        rate.observe(110, 5);

        // Then
        assertThat(rate.eta(200).orElseThrow()).isCloseTo(45, within(1e-9));
        assertThat(rate.eta(110).orElseThrow()).isZero();
    }

    @Test
    void followsAChangeOfSpeedWithinAMinute() {
        // Given
        StepRate rate = new StepRate(0, 0);
        long step = 0;
        for (int second = 1; second <= 60; second++) {
            step += 10;
            rate.observe(step, second);
        }

        // When
        for (int second = 61; second <= 120; second++) {
            step += 2;
            rate.observe(step, second);
        }

        // Then
        assertThat(rate.eta(step + 20).orElseThrow()).isBetween(8.0, 10.0);
    }
}
