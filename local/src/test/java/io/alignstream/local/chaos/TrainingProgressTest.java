package io.alignstream.local.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Objects;
import org.junit.jupiter.api.Test;

class TrainingProgressTest {

    private static final double TOKENS_OF_STEP = 1_000;
    /** Of a step of half a second. */
    private static final double SPEED = 2_000;

    private static final String ONE = "pretrain-service";
    private static final String TWO = "pretrain-service-2";

    private final TrainingProgress progress = new TrainingProgress();

    @Test
    void whatAFaultTakesAwayIsMissingFromGoodputAndIsAPauseOfTheSurvivor() {
        // Given
        both(0, 1, 0);
        both(0.5, 2, 0);
        progress.struck(Fault.KILL, TWO, 0.6);
        progress.take(ONE, 2.6, 3, 5, 1, SPEED);
        progress.take(ONE, 3.1, 4, 5, 1, SPEED);
        progress.take(ONE, 4.0, 5, 5, 1, SPEED);

        // When
        TrainingReport report = report(10);

        // Then
        assertThat(report.steps()).isEqualTo(4);
        assertThat(report.seconds()).isEqualTo(4.0);
        assertThat(report.stepSeconds()).isEqualTo(0.5);
        assertThat(report.goodput()).isEqualTo(0.5);
        assertThat(report.regroupings()).isEqualTo(1);
        TrainingReport.Pauses pauses = Objects.requireNonNull(report.pauses().get(Fault.KILL));
        assertThat(pauses.measured()).isEqualTo(1);
        assertThat(pauses.longest()).isCloseTo(2.0, within(1e-9));
        assertThat(progress.ended()).isTrue();
    }

    @Test
    void stepsThatAreTakenAgainCountOnce() {
        // Given
        progress.take(ONE, 0, 1, 9, 0, SPEED);
        progress.take(ONE, 1, 3, 9, 0, SPEED);
        progress.take(TWO, 2, 2, 9, 0, SPEED);
        progress.take(TWO, 3, 3, 9, 0, SPEED);
        progress.take(TWO, 4, 4, 9, 0, SPEED);

        // When
        TrainingReport report = report(6);

        // Then
        assertThat(report.steps()).isEqualTo(3);
        assertThat(report.seconds()).isEqualTo(6);
        assertThat(report.goodput()).isEqualTo(0.25);
        assertThat(progress.ended()).isFalse();
    }

    @Test
    void timeAfterTheDisturbanceDoesNotCount() {
        // Given
        progress.take(ONE, 0, 1, 9, 0, SPEED);
        progress.take(ONE, 1, 3, 9, 0, SPEED);
        progress.take(ONE, 4, 9, 9, 0, SPEED);

        // When
        TrainingReport report = report(2);

        // Then
        assertThat(report.steps()).isEqualTo(2);
        assertThat(report.seconds()).isEqualTo(2);
    }

    @Test
    void aWorkerThatWasNotTrainingIsNoSurvivor() {
        // Given
        progress.take(TWO, 0, 1, 9, 0, SPEED);
        progress.take(ONE, 20, 2, 9, 0, SPEED);
        progress.struck(Fault.KILL, ONE, 20.1);
        progress.take(TWO, 40, 3, 9, 0, SPEED);

        // When
        TrainingReport report = report(50);

        // Then
        assertThat(report.pauses()).isEmpty();
    }

    @Test
    void aSurvivorsOwnEndIsNoPauseOfIt() {
        // Given
        both(0, 1, 0);
        progress.struck(Fault.STOP, TWO, 0.1);
        progress.take(ONE, 1.1, 2, 9, 1, SPEED);
        progress.struck(Fault.KILL, ONE, 1.2);
        progress.take(ONE, 30, 3, 9, 0, SPEED);

        // When
        TrainingReport report = report(40);

        // Then
        assertThat(Objects.requireNonNull(report.pauses().get(Fault.STOP)).longest())
                .isCloseTo(1.0, within(1e-9));
    }

    @Test
    void regroupingsGoOnToBeCountedWhereTheOneThatCountedIsGone() {
        // Given
        both(0, 1, 0);
        both(1, 2, 3);
        progress.take(TWO, 2, 3, 9, 0, SPEED); // started anew
        progress.take(TWO, 3, 4, 9, 2, SPEED);

        // When
        TrainingReport report = report(4);

        // Then
        assertThat(report.regroupings()).isEqualTo(5);
    }

    private void both(double at, long step, double regroupings) {
        progress.take(ONE, at, step, 5, regroupings, SPEED);
        progress.take(TWO, at, step, 5, regroupings, SPEED);
    }

    private TrainingReport report(double end) {
        return Objects.requireNonNull(progress.report(end, TOKENS_OF_STEP));
    }
}
