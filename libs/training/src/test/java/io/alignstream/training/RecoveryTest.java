package io.alignstream.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.training.Recovery.Decision;
import io.alignstream.training.Recovery.Place;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a run does about failures, one after the other. */
class RecoveryTest {

    private static final Trainer.Healing SETTINGS = new Trainer.Healing(4, 0.5);
    private static final Trouble SPIKE = Trouble.at(new Trouble.Window(100, 8), Reason.verbatim("a spike"));
    private static final Trouble RISING = Trouble.of(Reason.verbatim("rising"));
    private static final Trouble USELESS = Trouble.fromStart(Reason.verbatim("nothing learned"));
    /** Steps in which a failure after another one is the same. */
    private static final long SOON = 10;

    @Test
    void aNewFailureLeavesItsWindowOut() {
        // When
        Decision decision = decide(Recovery.NONE, SPIKE, 25);

        // Then
        assertThat(decision.place()).isEqualTo(Place.LAST_ANCHOR);
        assertThat(decision.recovery().skipped()).containsExactly(100L);
        assertThat(decision.recovery().learningRateScale()).isEqualTo(1);
        assertThat(decision.recovery().events().getLast().backTo()).isEqualTo(20);
    }

    @Test
    void theSameFailureAgainLowersTheLearningRateAndThenGoesBackFurther() {
        // Given
        Decision first = decide(Recovery.NONE, SPIKE, 25);

        // When
        Decision second = decide(first.recovery(), SPIKE, 26);
        Decision third = decide(second.recovery(), SPIKE, 24);

        // Then
        assertThat(second.place()).isEqualTo(Place.LAST_ANCHOR);
        assertThat(second.recovery().learningRateScale()).isEqualTo(0.5);
        assertThat(third.place()).isEqualTo(Place.ANCHOR_BEFORE);
        assertThat(third.recovery().learningRateScale()).isEqualTo(0.25);
        assertThat(third.recovery().skipped()).as("one window only").hasSize(1);
        assertThat(third.recovery().events().getLast().backTo()).isEqualTo(10);
    }

    @Test
    void aFailureMuchLaterIsANewOne() {
        // Given
        Decision first = decide(Recovery.NONE, SPIKE, 25);

        // When
        Decision later = decide(first.recovery(), SPIKE, 36);

        // Then
        assertThat(later.recovery().skipped()).hasSize(2);
        assertThat(later.recovery().learningRateScale()).isEqualTo(1);
    }

    @Test
    void whatNoDataCausedLowersTheLearningRateAtOnce() {
        // When
        Decision rising = decide(Recovery.NONE, RISING, 25);
        Decision useless = decide(Recovery.NONE, USELESS, 25);

        // Then
        assertThat(rising.place()).isEqualTo(Place.LAST_ANCHOR);
        assertThat(useless.place()).isEqualTo(Place.START);
        assertThat(Messages.english(useless.recovery().events().getLast().reason()))
                .isEqualTo("step 25: nothing learned; back to step 0, learning rate times 0.500");
        for (Decision decision : List.of(rising, useless)) {
            assertThat(decision.recovery().skipped()).isEmpty();
            assertThat(decision.recovery().learningRateScale()).isEqualTo(0.5);
        }
    }

    @Test
    void afterAsManyAsConfiguredItGivesUpAndSaysWhatItTried() {
        // Given
        Recovery recovery = Recovery.NONE;
        for (int i = 0; i < SETTINGS.recoveries(); i++) {
            recovery = decide(recovery, SPIKE, 25 + i).recovery();
        }
        Recovery tried = recovery;

        // When // Then
        assertThatThrownBy(() -> decide(tried, SPIKE, 29))
                .isInstanceOf(TrainingFailedException.class)
                .hasMessageContaining("step 29 failed: a spike")
                .hasMessageContaining("went back 4 times")
                .hasMessageContaining("lower the learning rate");
    }

    private static Decision decide(Recovery recovery, Trouble trouble, long step) {
        return recovery.decide(SETTINGS, trouble, step, SOON, List.of(10L, 20L));
    }

    @Test
    void an_event_is_read_again_also_one_that_an_older_version_wrote() throws IOException {
        // Given
        JsonMapper json = new JsonMapper();
        HealingEvent event =
                new HealingEvent(7, Reason.of("training.rose").with("from", "1").with("to", "2"), 4, 0, 0.5);

        // When
        HealingEvent now = json.readValue(json.writeValueAsBytes(event), HealingEvent.class);
        HealingEvent older = json.readValue(
                "{\"step\":7,\"problem\":\"loss NaN\",\"backTo\":4,\"skipped\":0,\"learningRateScale\":0.5}",
                HealingEvent.class);

        // Then
        assertThat(now).isEqualTo(event);
        assertThat(Messages.english(older.reason()))
                .isEqualTo("step 7: loss NaN; back to step 4, learning rate times 0.500");
    }
}
