package io.alignstream.training.card;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CalibrationTest {

    @Test
    void theErrorIsTheDistanceOfConfidenceAndAccuracyWeightedByAnswers() {
        // When: three answers of 0.9, of which one is right, and one of 0.2 that is wrong
        Calibration calibration =
                Calibration.of(new double[] {0.9, 0.9, 0.9, 0.2}, new boolean[] {true, false, false, false});

        // Then
        assertThat(calibration.expectedError()).isCloseTo(0.75 * (0.9 - 1 / 3.0) + 0.25 * 0.2, within(1e-12));
        assertThat(calibration.bins()).extracting(Calibration.Bin::answers).containsExactly(1, 3);
    }

    @Test
    void probabilitiesThatAreTrueHaveNoErrorToSpeakOf() {
        // Given
        SplittableRandom random = new SplittableRandom(1);
        double[] confidences = random.doubles(50_000).toArray();
        boolean[] right = new boolean[confidences.length];
        for (int i = 0; i < right.length; i++) {
            right[i] = random.nextDouble() < confidences[i];
        }

        // When
        double error = Calibration.of(confidences, right).expectedError();

        // Then
        Arrays.fill(right, true);
        assertThat(error).isLessThan(0.015);
        assertThat(Calibration.of(confidences, right).expectedError()).isCloseTo(0.5, within(0.01));
    }

    @Test
    void certaintyHasAPlaceAndNothingIsNoError() {
        assertThat(Calibration.of(new double[] {1}, new boolean[] {true}).expectedError())
                .isZero();
        assertThat(Calibration.of(new double[0], new boolean[0]).bins()).isEmpty();
    }

    @Test
    void whatIsNoProbabilityIsRefused() {
        assertThatThrownBy(() -> Calibration.of(new double[] {1.5}, new boolean[] {true}))
                .hasMessageContaining("1.5");
        assertThatThrownBy(() -> Calibration.of(new double[] {0.5}, new boolean[0]))
                .hasMessageContaining("1 probabilities of 0");
    }
}
