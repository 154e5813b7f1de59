package io.alignstream.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ClientRatesTest {

    private long now = Long.MAX_VALUE - 5; // a clock without a beginning runs over
    private final ClientRates rates = new ClientRates(3, () -> now);

    @Test
    void aMinutesWorthMayComeAtOnceAndThenOneAfterTheOther() {
        // Given
        for (int i = 0; i < 3; i++) {
            assertThat(rates.take("one")).isZero();
        }

        // When
        Duration wait = rates.take("one");

        // Then
        assertThat(wait).isEqualTo(Duration.ofSeconds(20));
        now += Duration.ofSeconds(20).toNanos();
        assertThat(rates.take("one")).isZero();
        assertThat(rates.take("one")).isEqualTo(Duration.ofSeconds(20));
    }

    @Test
    void whatOneClientDoesCountsForNoOther() {
        // Given
        for (int i = 0; i < 10; i++) {
            rates.take("one");
        }

        // When
        Duration wait = rates.take("other");

        // Then
        assertThat(wait).isZero();
    }
}
