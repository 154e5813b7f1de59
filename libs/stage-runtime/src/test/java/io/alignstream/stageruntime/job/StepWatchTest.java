package io.alignstream.stageruntime.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class StepWatchTest {

    private static final Duration LONGEST = Duration.ofMinutes(10);

    private long now;
    private final StepWatch watch = new StepWatch(LONGEST, () -> now);

    @Test
    void aStepThatTakesFarLongerThanThoseBeforeHangs() {
        // Given
        steps(5, Duration.ofSeconds(2));

        // When
        boolean early = hangsAfter(Duration.ofMinutes(9));
        boolean late = hangsAfter(Duration.ofMinutes(2));

        // Then
        assertThat(early).isFalse();
        assertThat(late).isTrue();
        assertThat(watch.present()).isEqualTo(Duration.ofMinutes(11));
    }

    @Test
    void whereStepsAreLongTwentyOfThemAreWaitedFor() {
        // Given
        steps(4, Duration.ofMinutes(2));
        steps(1, Duration.ofMinutes(35)); // one that was slow does not count

        // When
        boolean early = hangsAfter(Duration.ofMinutes(39));
        boolean late = hangsAfter(Duration.ofMinutes(2));

        // Then
        assertThat(early).isFalse();
        assertThat(late).isTrue();
    }

    @Test
    void theFirstStepsOfARunMayTakeAnHour() {
        // Given
        steps(5, Duration.ofSeconds(2));
        watch.newRun();

        // When
        boolean early = hangsAfter(Duration.ofMinutes(59));
        boolean late = hangsAfter(Duration.ofMinutes(2));

        // Then
        assertThat(early).isFalse();
        assertThat(late).isTrue();
    }

    @Test
    void whatLiesBetweenStepsMayTakeItsTime() {
        // Given
        steps(5, Duration.ofSeconds(2));

        // When
        now += Duration.ofHours(20).toNanos();

        // Then
        assertThat(watch.hangs()).isFalse();
        assertThat(watch.present()).isZero();
    }

    @Test
    void whoWantsNoneOfThatSaysSo() {
        // Given
        StepWatch none = new StepWatch(Duration.ZERO, () -> now);
        none.begin();

        // When
        now += Duration.ofDays(2).toNanos();

        // Then
        assertThat(none.hangs()).isFalse();
    }

    private void steps(int count, Duration each) {
        for (int i = 0; i < count; i++) {
            watch.begin();
            now += each.toNanos();
            watch.end();
        }
    }

    /** Of the step that goes on, which begins if there is none. */
    private boolean hangsAfter(Duration time) {
        if (watch.present().isZero()) {
            watch.begin();
        }
        now += time.toNanos();
        return watch.hangs();
    }
}
