package io.alignstream.rlhf.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.contracts.messages.Language;
import io.alignstream.contracts.messages.Messages;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SignalsTest {

    private static final OverOptimisation OVER_OPTIMISATION = new OverOptimisation(2, 0.1);
    private static final Map<String, Double> HEALTHY = Map.of(
            "val/ratio", 1.01,
            "objective/kl", 0.4,
            "objective/scores", 0.5,
            "endRate", 0.99,
            "responseLength", 6.0,
            "policy/entropy_avg", 1.5);

    private final RunFigures run = new RunFigures();
    private long iteration;

    static Stream<Arguments> faults() {
        return Stream.of(
                Arguments.of(new NegativeKl(3, -0.05), "objective/kl", -0.2),
                Arguments.of(new RatioDrift(3, 0.3), "val/ratio", 5.0),
                Arguments.of(new EndRate(3, 0.9), "endRate", 0.1),
                Arguments.of(new LengthDrift(3, 2), "responseLength", 60.0),
                Arguments.of(new LengthDrift(3, 2), "responseLength", 1.0),
                Arguments.of(new EntropyCollapse(3, 0.05), "policy/entropy_avg", 0.0));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void aFaultIsFoundWhenItLasts(Signal signal, String figure, double value) {
        // Given
        healthy(4);
        take(Map.of(figure, value), 3);

        // When
        Optional<Finding> finding = signal.look(run);

        // Then
        assertThat(finding).hasValueSatisfying(found -> {
            assertThat(found.curves()).containsExactly(figure);
            assertThat(found.since()).isEqualTo(5);
            assertThat(found.iteration()).isEqualTo(7);
            for (Language language : Language.values()) {
                assertThat(Messages.in(language).text(found.reason())).doesNotContain("{");
            }
        });
    }

    @ParameterizedTest
    @MethodSource("faults")
    void aRunInOrderRaisesNothing(Signal signal, String figure, double value) {
        // Given
        healthy(10);

        // When
        Optional<Finding> finding = signal.look(run);

        // Then
        assertThat(finding).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("faults")
    void whatAPersonLetGoOnIsFoundAgainByLaterFiguresOnly(Signal signal, String figure, double value) {
        // Given
        healthy(4);
        take(Map.of(figure, value), 3);
        run.after(iteration);
        take(Map.of(figure, value), 2);

        // When
        Optional<Finding> soon = signal.look(run);
        take(Map.of(figure, value), 1);
        Optional<Finding> later = signal.look(run);

        // Then
        assertThat(soon).isEmpty();
        assertThat(later).isPresent();
    }

    @Test
    void rewardUpAndJudgeDownPartSinceTheJudgesBest() {
        // Given: two iterations to a comparison, the SFT model's judge 0
        compare(0.5, 0.4);
        compare(1.0, 0.9);
        compare(1.5, 0.7);
        compare(2.0, 0.6);

        // When
        Optional<Finding> finding = OVER_OPTIMISATION.look(run);

        // Then
        assertThat(finding).hasValueSatisfying(found -> {
            assertThat(found.curves()).containsExactly("objective/scores", "heldOut/judgeScores");
            assertThat(found.since()).isEqualTo(4);
            assertThat(found.iteration()).isEqualTo(8);
            assertThat(found.reason().arguments())
                    .containsEntry("reward", 1.0)
                    .containsEntry("rewardNow", 2.0)
                    .containsEntry("judge", 0.9)
                    .containsEntry("judgeNow", 0.6);
        });
    }

    @Test
    void aJudgeThatFallsFromTheStartPartsSinceTheSftModel() {
        // Given
        compare(0.6, -0.5);
        compare(1.5, -0.6);

        // When
        Optional<Finding> finding = OVER_OPTIMISATION.look(run);

        // Then
        assertThat(finding).map(Finding::since).hasValue(0L);
    }

    @Test
    void oneBadComparisonOrBothGoingDownIsNoOverOptimisation() {
        // Given
        RunFigures bothDown = new RunFigures();
        long[] at = {0};
        List.of(new double[] {2, 1}, new double[] {1, 0.5}, new double[] {0.5, 0.4})
                .forEach(point -> bothDown.add(++at[0], comparison(point[0], point[1])));
        compare(0.5, 0.9);
        compare(1.0, 0.5);

        // When
        List<Optional<Finding>> findings =
                Stream.of(run, bothDown).map(OVER_OPTIMISATION::look).toList();

        // Then
        assertThat(findings).containsOnly(Optional.empty());
    }

    @Test
    void withoutScoresOfTrainingTheHeldOutOnesCount() {
        // Given
        List.of(new double[] {1, 1}, new double[] {2, 0.5}, new double[] {3, 0.4})
                .forEach(point -> {
                    Map<String, Double> figures = new HashMap<>(comparison(0, point[1]));
                    figures.remove("objective/scores");
                    figures.put("heldOut/scores", point[0]);
                    run.add(++iteration, figures);
                });

        // When
        Optional<Finding> finding = OVER_OPTIMISATION.look(run);

        // Then
        assertThat(finding).map(Finding::since).hasValue(1L);
    }

    @Test
    void aRunThatWentBackTakesItsLaterIterationsAgain() {
        // Given
        healthy(4);
        take(Map.of("objective/kl", -1.0), 3);
        iteration = 4;
        healthy(1);

        // When
        Optional<Finding> finding = new NegativeKl(3, -0.05).look(run);

        // Then
        assertThat(finding).isEmpty();
    }

    @Test
    void aRewardModelThatIsWrongAboutEnoughFreshRankingsIsStale() {
        // Given
        StaleRewardModel signal = new StaleRewardModel(100, 0.15);
        RunFigures few = new RunFigures();
        few.add(1, fresh(0.5, 99));
        RunFigures right = new RunFigures();
        right.add(1, fresh(0.8, 100));
        run.add(5, fresh(0.6, 100));

        // When
        List<Optional<Finding>> findings =
                Stream.of(few, right, run).map(signal::look).toList();

        // Then
        assertThat(findings.subList(0, 2)).containsOnly(Optional.empty());
        assertThat(findings.getLast()).hasValueSatisfying(found -> {
            assertThat(found.curves()).containsExactly("pairAccuracy", "freshRankings/accuracy");
            assertThat(found.since()).isEqualTo(5);
        });
    }

    @Test
    void whoLetsARunGoOnAgainstAStaleRewardModelIsNotAskedAtEachComparison() {
        // Given
        StaleRewardModel signal = new StaleRewardModel(100, 0.15);
        run.add(5, fresh(0.6, 500));
        run.after(5);
        run.add(10, fresh(0.46, 500));

        // When
        Optional<Finding> same = signal.look(run);
        run.add(15, fresh(0.44, 500));
        Optional<Finding> worse = signal.look(run);

        // Then
        assertThat(same).isEmpty();
        assertThat(worse).isPresent();
    }

    @Test
    void aRewardModelThatHasBecomeStaleSinceARunWasLetGoOnIsFound() {
        // Given: nobody could tell when the run went on, for so few pairs
        StaleRewardModel signal = new StaleRewardModel(100, 0.15);
        run.add(5, fresh(0.1, 10));
        run.after(5);
        run.add(10, fresh(0.7, 500));

        // When
        Optional<Finding> finding = signal.look(run);

        // Then
        assertThat(finding).isPresent();
    }

    @Test
    void theFiguresOfALongRunKeepTheirBeginning() {
        // Given
        healthy(3);
        take(Map.of("endRate", 0.5), 10_000);

        // When
        Optional<RunFigures.Drift> drift = run.drift("endRate", 3);

        // Then
        assertThat(drift).hasValueSatisfying(found -> {
            assertThat(found.first()).isCloseTo(0.99, within(1e-9));
            assertThat(found.now()).isEqualTo(0.5);
            assertThat(found.iteration()).isEqualTo(10_003);
        });
    }

    private void healthy(int iterations) {
        take(Map.of(), iterations);
    }

    private void take(Map<String, Double> faulty, int iterations) {
        Map<String, Double> figures = new HashMap<>(HEALTHY);
        figures.putAll(faulty);
        for (int i = 0; i < iterations; i++) {
            run.add(++iteration, figures);
        }
    }

    /** Two iterations, of which the second is compared. */
    private void compare(double reward, double judge) {
        take(Map.of("objective/scores", reward), 1);
        take(comparison(reward, judge), 1);
    }

    private static Map<String, Double> comparison(double reward, double judge) {
        return Map.of(
                "objective/scores", reward,
                "heldOut/judgeScores", judge,
                "heldOut/sftJudgeScores", 0.0,
                "heldOut/sftScores", 0.0,
                "heldOut/kl", 1.0);
    }

    private static Map<String, Double> fresh(double accuracy, double pairs) {
        return Map.of("freshRankings/accuracy", accuracy, "freshRankings/pairs", pairs, "pairAccuracy", 0.9);
    }
}
