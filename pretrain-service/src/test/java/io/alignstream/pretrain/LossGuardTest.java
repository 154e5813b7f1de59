package io.alignstream.pretrain;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.messages.Messages;
import io.alignstream.training.Learner;
import io.alignstream.training.Trouble;
import java.util.List;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

/** What counts as failed training. */
class LossGuardTest {

    /** Spikes of more than twice the average; 8.0 nats by frequencies alone, to be beaten by step 100. */
    private static final LossGuard.Limits LIMITS = new LossGuard.Limits(10_000, 8.0, 100, 2);

    /** The data of each step. */
    private static final Trouble.Window WINDOW = new Trouble.Window(40, 4);

    @Test
    void aLossThatFallsIsNoTrouble() {
        assertThat(firstTrouble(2_000, step -> 9.2 * Math.exp(-step / 200.0))).isEmpty();
    }

    @Test
    void noNumberMayBeTheDatasFault() {
        for (Learner.Step<Double> step :
                List.of(new Learner.Step<>(Double.NaN, 1), new Learner.Step<>(3.0, Double.NaN))) {
            // When
            Trouble trouble = LossGuard.NEW.trouble(step, WINDOW, 1, LIMITS).orElseThrow();

            // Then
            assertThat(trouble.suspect()).contains(WINDOW);
            assertThat(trouble.fromStart()).isFalse();
            assertThat(Messages.english(trouble.why())).contains("NaN");
        }
    }

    @Test
    void aSpikeIsMoreThanTheFactorAndHalfANat() {
        // Given
        LossGuard guard = after(20, step -> 3.0);

        // When // Then
        assertThat(guard.trouble(new Learner.Step<>(6.4, 1), WINDOW, 21, LIMITS))
                .isEmpty();
        assertThat(guard.trouble(new Learner.Step<>(6.6, 1), WINDOW, 21, LIMITS))
                .hasValueSatisfying(trouble -> {
                    assertThat(trouble.suspect()).contains(WINDOW);
                    assertThat(Messages.english(trouble.why())).isEqualTo("loss 6.600 after an average of 3.000");
                });
        assertThat(after(5, step -> 3.0).trouble(new Learner.Step<>(6.6, 1), WINDOW, 6, LIMITS))
                .as("the first losses vary")
                .isEmpty();
        assertThat(after(60, step -> 0.01).trouble(new Learner.Step<>(0.4, 1), WINDOW, 200, LIMITS))
                .as("losses near zero double easily")
                .isEmpty();
    }

    @Test
    void moreThanKnowingNothingIsDivergence() {
        assertThat(LossGuard.NEW.trouble(new Learner.Step<>(14.4, 1), WINDOW, 1, LIMITS))
                .hasValueSatisfying(trouble -> assertThat(Messages.english(trouble.why()))
                        .isEqualTo("loss 14.400 where a model that knows nothing has 9.210"));
    }

    @Test
    void anAverageThatCreepsUpIsDivergenceAndNoDataIsToBlame() {
        // When: no step is a spike
        Trouble trouble = firstTrouble(1_000, step -> step < 150 ? 3.0 : Math.min(7, 3.0 + 0.02 * (step - 150)))
                .orElseThrow();

        // Then
        assertThat(trouble.suspect()).isEmpty();
        assertThat(trouble.fromStart()).isFalse();
        assertThat(Messages.english(trouble.why())).startsWith("the average loss rose from 3.000 to 5.0");
    }

    @Test
    void nothingLearnedInTimeIsTroubleFromTheStart() {
        // When
        Trouble trouble = firstTrouble(1_000, step -> 7.9).orElseThrow();

        // Then
        assertThat(trouble.fromStart()).isTrue();
        assertThat(Messages.english(trouble.why()))
                .isEqualTo("an average loss of 7.900 where frequencies of single tokens alone give 8.000");
        assertThat(firstTrouble(1_000, step -> 7.5)).as("a little less").isEmpty();
    }

    private static Optional<Trouble> firstTrouble(int steps, IntToDoubleFunction losses) {
        LossGuard guard = LossGuard.NEW;
        for (int step = 1; step <= steps; step++) {
            double loss = losses.applyAsDouble(step);
            Optional<Trouble> trouble = guard.trouble(new Learner.Step<>(loss, 1), WINDOW, step, LIMITS);
            if (trouble.isPresent()) {
                return trouble;
            }
            guard = guard.after(loss);
        }
        return Optional.empty();
    }

    private static LossGuard after(int steps, IntToDoubleFunction losses) {
        LossGuard guard = LossGuard.NEW;
        for (int step = 1; step <= steps; step++) {
            guard = guard.after(losses.applyAsDouble(step));
        }
        return guard;
    }
}
