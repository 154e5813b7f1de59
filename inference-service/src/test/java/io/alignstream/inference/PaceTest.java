package io.alignstream.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class PaceTest {

    private final Pace pace = new Pace();

    @Test
    void roomIsForeseenSoonBeforeAnythingIsKnown() {
        assertThat(pace.secondsToRoom(4)).isEqualTo(1);
    }

    @Test
    void saysWhenThereWillBeRoom() {
        // Given: answers of 500 tokens of 16 ms, of which one in four ends every two seconds
        for (int i = 0; i < 100; i++) {
            pace.step(0.016);
        }
        pace.answer(500);

        // When
        int seconds = pace.secondsToRoom(4);

        // Then
        assertThat(seconds).isEqualTo(2);
    }

    @Test
    void neverSendsAnybodyAwayForLong() {
        // Given
        pace.step(100);
        pace.answer(100_000);

        // When
        int seconds = pace.secondsToRoom(1);

        // Then
        assertThat(seconds).isEqualTo(60);
    }

    @Test
    void alonePaceIsWhatCompanyIsComparedWith() {
        // Given
        pace.inCompany(1, 0.010);
        pace.inCompany(1, 0.050);
        pace.inCompany(16, 0.040);

        // When
        double slowdown = pace.slowdown(6);

        // Then: a third of the way from one to sixteen
        assertThat(slowdown).isCloseTo(2, within(1e-9));
        assertThat(pace.slowdown(1)).isEqualTo(1);
        assertThat(pace.slowdown(16)).isCloseTo(4, within(1e-9));
        assertThat(pace.slowdown(100)).isCloseTo(4, within(1e-9));
    }

    @Test
    void nobodyIsSlowWhoWritesFiveHundredTokensASecond() {
        // Given
        pace.inCompany(1, 0.000_1);
        pace.inCompany(16, 0.002);

        // When
        double slowdown = pace.slowdown(16);

        // Then
        assertThat(slowdown).isEqualTo(1);
    }

    @Test
    void nobodyIsSlowOfWhomNothingIsKnown() {
        assertThat(pace.slowdown(16)).isEqualTo(1);
    }
}
