package io.alignstream.rlhf.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.rlhf.RlhfConfig;
import io.alignstream.stageruntime.testing.Settings;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class EpisodeTest {

    private static final Offset<Double> EXACT = within(1e-12);

    private static final Episode EPISODE = new Episode(
            new int[] {9, 9, 1, 2, 3},
            2,
            true,
            2.0,
            new double[] {-1.0, -0.5, -0.25},
            new double[] {-1.5, -0.5, -0.75},
            new double[] {0.1, 0.4, 1.0});

    @Test
    void rewardIsThePenaltyAtEachTokenAndTheScoreAtTheLast() {
        // When
        double[] rewards = EPISODE.rewards(0.1);

        // Then
        assertThat(EPISODE.kl()).isCloseTo(1.0, EXACT);
        assertThat(rewards).containsExactly(new double[] {-0.05, 0, -0.05 + 2}, EXACT);
    }

    @Test
    void advantagesFollowTheRecursion() {
        // When
        double[] advantages = EPISODE.advantages(0.1, 1, 0.95);

        // Then: δ = r + V' − V
        double last = 1.95 - 1.0;
        double middle = (0 + 1.0 - 0.4) + 0.95 * last;
        double first = (-0.05 + 0.4 - 0.1) + 0.95 * middle;
        assertThat(advantages).containsExactly(new double[] {first, middle, last}, EXACT);
    }

    @Test
    void withLambdaOneTheReturnIsTheSumOfTheRewardsThatFollow() {
        // When
        double[] advantages = EPISODE.advantages(0.1, 1, 1);

        // Then
        assertThat(advantages[0] + EPISODE.values()[0])
                .isCloseTo(Arrays.stream(EPISODE.rewards(0.1)).sum(), EXACT);
    }

    @Test
    void logRatiosAreCutOff() {
        // Given
        Episode impossible =
                new Episode(new int[] {9, 1}, 1, true, 0, new double[] {-1}, new double[] {-200}, new double[] {0});

        // When, then
        assertThat(impossible.kl()).isEqualTo(20);
    }

    @Test
    void whitenedNumbersHaveMeanZeroAndVarianceOne() {
        // Given
        List<double[]> parts = List.of(new double[] {1, 2, 3}, new double[] {10});

        // When
        Targets.Whitening whitening = Targets.Whitening.of(parts);

        // Then
        double[] all = parts.stream()
                .map(whitening::apply)
                .flatMapToDouble(Arrays::stream)
                .toArray();
        assertThat(Arrays.stream(all).sum()).isCloseTo(0, EXACT);
        assertThat(Arrays.stream(all).map(x -> x * x).average().orElseThrow()).isCloseTo(1, within(1e-6));
    }

    @Test
    void coefficientRisesWhereKlIsAboveItsTargetAndFallsBelow() {
        // Given
        RlhfSettings.KullbackLeibler settings =
                Settings.of(RlhfConfig.class, Map.of()).settings().kl();
        AdaptiveKl tooFar = new AdaptiveKl(settings, 0.05);
        AdaptiveKl tooNear = new AdaptiveKl(settings, 0.05);

        // When
        tooFar.observe(60, 100);
        tooNear.observe(0, 100);

        // Then
        assertThat(tooFar.coefficient()).isCloseTo(0.05 * (1 + 0.2 * 100 / settings.horizon()), EXACT);
        assertThat(tooNear.coefficient()).isCloseTo(0.05 * (1 - 0.2 * 100 / settings.horizon()), EXACT);
    }
}
