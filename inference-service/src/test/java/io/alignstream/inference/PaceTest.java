package io.alignstream.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class PaceTest {

    private final Pace pace = new Pace();

    @Test
    void nothingIsForeseenBeforeAnythingIsKnown() {
        // When
        double slowdown = pace.slowdown(1_000, 4);

        // Then
        assertThat(slowdown).isEqualTo(1);
    }

    @Test
    void anAnswerInCompanyTakesAsMuchLongerAsItsTokens() {
        // Given: a token alone takes 10 ms, with three others 16 ms
        measure();

        // When
        double together = pace.slowdown(6, 8);

        // Then
        assertThat(together).isCloseTo(2.0, within(0.01));
    }

    @Test
    void whoWaitsTakesLongerBecauseOfThatToo() {
        // Given
        measure();

        // When
        double waiting = pace.slowdown(6, 4);

        // Then: 1.6 times as long, and half of such an answer before
        assertThat(waiting).isCloseTo(1.6 * 1.5, within(0.01));
    }

    @Test
    void saysWhenThereWillBeRoom() {
        // Given: answers of 500 tokens of 16 ms, of which one in four ends every two seconds
        measure();
        pace.answer(500);

        // When
        int seconds = pace.secondsToRoom(4);

        // Then
        assertThat(seconds).isEqualTo(2);
    }

    @Test
    void aCompanyThatWasSlowOnceIsTriedAgain() {
        // Given
        pace.step(1, 0.010);
        pace.step(2, 1.0);

        // When: only one answer at a time from then on
        for (int i = 0; i < 10_000; i++) {
            pace.step(1, 0.010);
        }

        // Then
        assertThat(pace.slowdown(2, 4)).isLessThan(1.1);
    }

    private void measure() {
        for (int i = 0; i < 100; i++) {
            pace.step(1, 0.010);
        }
        for (int i = 0; i < 100; i++) {
            pace.step(4, 0.016);
        }
    }
}
