package io.alignstream.inference;

import static org.assertj.core.api.Assertions.assertThat;

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
}
