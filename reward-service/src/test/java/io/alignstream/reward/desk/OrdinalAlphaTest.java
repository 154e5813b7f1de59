package io.alignstream.reward.desk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class OrdinalAlphaTest {

    private static final double NONE = Double.NaN;

    /** K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011): 4 observers, 12 units. */
    private static final double[][] OBSERVERS = {
        {1, 2, 3, 3, 2, 1, 4, 1, 2, NONE, NONE, NONE},
        {1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NONE, 3},
        {NONE, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NONE},
        {1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NONE}
    };

    @Test
    void alphaIsThatOfThePublishedExample() {
        // Given
        List<double[]> units = IntStream.range(0, 12)
                .mapToObj(unit -> Arrays.stream(OBSERVERS)
                        .mapToDouble(values -> values[unit])
                        .filter(value -> !Double.isNaN(value))
                        .toArray())
                .toList();

        // When
        OptionalDouble alpha = OrdinalAlpha.of(List.of(units)).value();

        // Then
        assertThat(alpha).hasValueCloseTo(0.815, within(0.0005));
    }

    /** By hand: values 1, 2 and 2, 2: n₁ = 1, n₂ = 3; δ²(1, 2) = (1/2 + 3/2)²; α = 1 − 3 · 1 / 3. */
    @Test
    void alphaIsThatOfAHandComputedExample() {
        // Given
        List<double[]> units = List.of(new double[] {1, 2}, new double[] {2, 2});

        // When
        OptionalDouble alpha = OrdinalAlpha.of(List.of(units)).value();

        // Then
        assertThat(alpha).hasValueCloseTo(0.0, within(1e-12));
    }

    @Test
    void requestsThatDoNotVaryAddNothing() {
        // Given
        List<double[]> two = List.of(new double[] {1, 2}, new double[] {2, 2});
        List<double[]> tied = List.of(new double[] {2, 2}, new double[] {2, 2}, new double[] {2, 2});

        // When
        OptionalDouble alpha = OrdinalAlpha.of(List.of(tied, two, tied)).value();

        // Then
        assertThat(alpha).hasValueCloseTo(0.0, within(1e-12));
    }
}
