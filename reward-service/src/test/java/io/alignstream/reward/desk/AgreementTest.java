package io.alignstream.reward.desk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.contracts.Ranking;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AgreementTest {

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
        OptionalDouble alpha = Agreement.alpha(units);

        // Then
        assertThat(alpha).hasValueCloseTo(0.815, within(0.0005));
    }

    /** M. Kendall, Rank Correlation Methods: three rankings of ten objects with ties. */
    @Test
    void concordanceIsThatOfThePublishedExampleWithTies() {
        // Given
        List<double[]> rankings = List.of(
                new double[] {1, 4.5, 2, 4.5, 3, 7.5, 6, 9, 7.5, 10},
                new double[] {2.5, 1, 2.5, 4.5, 4.5, 8, 9, 6.5, 10, 6.5},
                new double[] {2, 1, 4.5, 4.5, 4.5, 4.5, 8, 8, 8, 10});

        // When
        OptionalDouble concordance = Agreement.concordance(rankings);

        // Then
        assertThat(concordance).hasValueCloseTo(0.828, within(0.0005));
    }

    @Test
    void whoAgreesHasBothAtOneAndRequestsOfOneAnnotatorDoNotCount() {
        // Given
        double[] places = {1, 2.5, 2.5, 4};

        // When
        Agreement agreement = Agreement.of(List.of(List.of(places, places), List.of(new double[] {2, 1})));

        // Then
        assertThat(agreement).isEqualTo(new Agreement(1, OptionalDouble.of(1), OptionalDouble.of(1)));
    }

    @Test
    void withoutSharedRequestsOrAnOrderThereIsNoFigure() {
        // Given
        double[] tied = {1.5, 1.5};

        // When
        Agreement nobody = Agreement.of(List.of());
        Agreement allEqual = Agreement.of(List.of(List.of(tied, tied)));

        // Then
        assertThat(nobody).isEqualTo(new Agreement(0, OptionalDouble.empty(), OptionalDouble.empty()));
        assertThat(allEqual).isEqualTo(new Agreement(1, OptionalDouble.empty(), OptionalDouble.empty()));
    }

    @Test
    void tiedAnswersShareTheirPlacesAndEqualOnesAreOne() {
        // Given
        DistinctAnswers answers = DistinctAnswers.of(List.of("a", "b", "A", "c", "d"));
        Ranking ranking =
                new Ranking("q", "ann", List.of(List.of(3), List.of(1, 0, 2), List.of(4)), List.of(), List.of(), "v1");

        // When
        double[] places = answers.places(ranking);

        // Then: of a, b, c, d
        assertThat(places).containsExactly(2.5, 2.5, 1, 4);
    }
}
