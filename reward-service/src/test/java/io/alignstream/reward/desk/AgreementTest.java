package io.alignstream.reward.desk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.contracts.Ranking;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AgreementTest {

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

    /** By hand: three judges of three answers, the last one ties the first two. */
    @Test
    void concordanceIsThatOfAHandComputedExampleWithTies() {
        // Given
        List<double[]> rankings = List.of(new double[] {1, 2, 3}, new double[] {1, 2, 3}, new double[] {1.5, 1.5, 3});

        // When
        OptionalDouble concordance = Agreement.concordance(rankings);

        // Then: R = 3.5, 5.5, 9 around 6: S = 6.25 + 0.25 + 9; W = 12 · 15.5 / (9 · 24 − 3 · 6)
        assertThat(concordance).hasValueCloseTo(12 * 15.5 / 198, within(1e-12));
    }

    @Test
    void theIntervalHoldsAlphaAndIsTheSameEachTime() {
        // Given: of 40 requests three quarters are ranked alike
        List<List<double[]>> requests = IntStream.range(0, 40)
                .mapToObj(i ->
                        List.of(new double[] {1, 2, 3}, i % 4 == 0 ? new double[] {3, 2, 1} : new double[] {1, 2, 3}))
                .toList();

        // When
        Agreement.Interval interval = Agreement.interval(requests).orElseThrow();

        // Then
        double alpha = Agreement.of(requests).alpha().orElseThrow();
        assertThat(alpha).isBetween(interval.low(), interval.high());
        assertThat(interval.high() - interval.low()).isBetween(0.1, 0.8);
        assertThat(Agreement.interval(requests)).contains(interval);
    }

    /** Requests of two answers and of nine: what differs between them must not pass for agreement. */
    @ParameterizedTest
    @CsvSource({"4, 4", "2, 4", "2, 9"})
    void whoeverOrdersByChanceAgreesAsChanceDoes(int few, int many) {
        // Given
        Random random = new Random(1);
        List<List<double[]>> requests = IntStream.range(0, 2_000)
                .mapToObj(i -> {
                    int answers = i % 2 == 0 ? few : many;
                    return List.of(shuffled(answers, random), shuffled(answers, random), shuffled(answers, random));
                })
                .toList();

        // When
        Agreement agreement = Agreement.of(requests);

        // Then
        assertThat(agreement.alpha()).hasValueCloseTo(0.0, within(0.03));
        assertThat(agreement.concordance())
                .hasValueCloseTo(agreement.concordanceByChance().orElseThrow(), within(0.02));
        assertThat(Agreement.interval(requests))
                .hasValueSatisfying(interval -> assertThat(0.0).isBetween(interval.low(), interval.high()));
    }

    private static double[] shuffled(int answers, Random random) {
        List<Double> places = new ArrayList<>(
                IntStream.rangeClosed(1, answers).mapToObj(Double::valueOf).toList());
        Collections.shuffle(places, random);
        return places.stream().mapToDouble(Double::doubleValue).toArray();
    }

    @Test
    void whoeverTiesEverythingAgreesAboutNothing() {
        // Given
        double[] two = {1.5, 1.5};
        double[] four = {2.5, 2.5, 2.5, 2.5};

        // When
        Agreement agreement = Agreement.of(List.of(List.of(two, two), List.of(four, four)));

        // Then
        assertThat(agreement.alpha()).isEmpty();
    }

    @Test
    void accuracyCountsThePairsThatTheReferenceOrders() {
        // Given
        double[] reference = {1, 2.5, 2.5, 4};

        // When
        OptionalDouble accuracy = Agreement.accuracy(new double[] {1, 3, 3, 3}, reference);

        // Then: three of five pairs alike, two tied
        assertThat(accuracy).hasValueCloseTo(0.8, within(1e-12));
        assertThat(Agreement.accuracy(reference, new double[] {1.5, 1.5})).isEmpty();
    }

    /** A model that orders pairs as these people do is as good as they are, whatever α says. */
    @Test
    void theCeilingIsMeasuredAsTheAccuracyOfAModelIs() {
        // Given: of three pairs two are ordered alike
        List<double[]> rankings = List.of(new double[] {1, 2, 3}, new double[] {1, 3, 2});

        // When
        Agreement agreement = Agreement.of(List.of(rankings));

        // Then
        assertThat(agreement.pairs()).hasValueCloseTo(2 / 3.0, within(1e-12));
        assertThat(agreement.pairs()).isEqualTo(Agreement.accuracy(rankings.getFirst(), rankings.getLast()));
        assertThat(agreement.alpha().orElseThrow()).isLessThan(2 / 3.0);
    }

    @Test
    void whoAgreesHasAllAtOneAndRequestsOfOneAnnotatorDoNotCount() {
        // Given
        double[] places = {1, 2.5, 2.5, 4};

        // When
        Agreement agreement = Agreement.of(List.of(List.of(places, places), List.of(new double[] {2, 1})));

        // Then
        assertThat(agreement)
                .isEqualTo(new Agreement(
                        1, OptionalDouble.of(1), OptionalDouble.of(1), OptionalDouble.of(0.5), OptionalDouble.of(1)));
    }

    @Test
    void withoutSharedRequestsOrAnOrderThereIsNoFigure() {
        // Given
        double[] tied = {1.5, 1.5};

        // When
        Agreement nobody = Agreement.of(List.of());
        Agreement allEqual = Agreement.of(List.of(List.of(tied, tied)));

        // Then
        assertThat(nobody)
                .isEqualTo(new Agreement(
                        0,
                        OptionalDouble.empty(),
                        OptionalDouble.empty(),
                        OptionalDouble.empty(),
                        OptionalDouble.empty()));
        assertThat(allEqual)
                .isEqualTo(new Agreement(
                        1,
                        OptionalDouble.empty(),
                        OptionalDouble.empty(),
                        OptionalDouble.empty(),
                        OptionalDouble.empty()));
    }

    @Test
    void tiedAnswersShareTheirPlacesAndEqualOnesAreOne() {
        // Given
        DistinctAnswers answers = DistinctAnswers.of(List.of("a", "b", "a ", "c", "d"));
        Ranking ranking =
                new Ranking("q", "ann", List.of(List.of(3), List.of(1, 0, 2), List.of(4)), List.of(), List.of(), "v1");

        // When
        double[] places = answers.places(ranking);

        // Then: of a, b, c, d
        assertThat(places).containsExactly(2.5, 2.5, 1, 4);
    }
}
