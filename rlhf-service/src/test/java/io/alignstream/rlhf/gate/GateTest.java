package io.alignstream.rlhf.gate;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.ModelRelease.Verdict;
import io.alignstream.contracts.messages.Messages;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GateTest {

    private static final Gate.Thresholds THRESHOLDS = new Gate.Thresholds(0.55, 12, 0.95, 0, 0.02, 0.05, 2);

    /** Figures of a candidate with which everything is right. */
    private static final Map<String, Double> GOOD = Map.ofEntries(
            Map.entry("winRate", 0.66),
            Map.entry("winRate/low", 0.6),
            Map.entry("winRate/high", 0.7),
            Map.entry("heldOut/prompts", 200.0),
            Map.entry("heldOut/kl", 0.8),
            Map.entry("heldOut/endRate", 1.0),
            Map.entry("heldOut/judgeScores", 0.9),
            Map.entry("heldOut/sftJudgeScores", 0.2),
            Map.entry("heldOut/responseLength", 5.0),
            Map.entry("heldOut/sftResponseLength", 4.0),
            Map.entry("heldOut/asked", 200.0),
            Map.entry("heldOut/accuracy", 0.97),
            Map.entry("heldOut/sftAccuracy", 0.98),
            Map.entry("heldOut/forgotten", 0.01),
            Map.entry("heldOut/unasked", 400.0),
            Map.entry("heldOut/foreign", 0.03),
            Map.entry("heldOut/sftForeign", 0.02),
            Map.entry("heldOut/documents", 200.0),
            Map.entry("heldOut/documentKl", 0.01),
            Map.entry("heldOut/improper", 10.0),
            Map.entry("heldOut/refusals", 0.9),
            Map.entry("heldOut/sftRefusals", 0.9));

    @Test
    void approves_where_everything_holds() {
        // When
        Gate gate = Gate.decide(THRESHOLDS, GOOD);

        // Then
        assertThat(gate.verdict()).isEqualTo(Verdict.APPROVED);
        assertThat(Messages.english(gate.reason()))
                .isEqualTo("the judge prefers it to the SFT model on 66 % (60 to 70 %) of 200 held-out prompts, KL 0.8"
                        + " nats");
    }

    static Stream<Arguments> faults() {
        return Stream.of(
                Arguments.of(Map.of("winRate", 0.54), "win rate 0.54 is below 0.55"),
                Arguments.of(Map.of("winRate/low", 0.49), "95 % interval, 0.49, is below 0.5"),
                Arguments.of(Map.of("heldOut/kl", 13.0), "KL 13 is above 12"),
                Arguments.of(Map.of("heldOut/endRate", 0.9), "end rate 0.9 is below 0.95"),
                Arguments.of(Map.of("heldOut/judgeScores", 0.1), "the judge's mean score 0.1 is below 0.2"),
                Arguments.of(Map.of("heldOut/responseLength", 9.0), "answers of 9 tokens are longer than 8"),
                Arguments.of(Map.of("heldOut/responseLength", 1.0), "answers of 1 tokens are shorter than 2"),
                Arguments.of(Map.of("heldOut/accuracy", 0.95), "the share of right answers 0.95 is below 0.96"),
                Arguments.of(
                        Map.of("heldOut/forgotten", 0.03),
                        "the share of prompts that are forgotten 0.03 is above 0.02"),
                Arguments.of(
                        Map.of("heldOut/foreign", 0.06), "which the SFT model would hardly give 0.06 is above 0.04"),
                Arguments.of(
                        Map.of("heldOut/documentKl", 0.06),
                        "on documents that it writes itself 0.06 nats a token is above 0.05"),
                Arguments.of(Map.of("heldOut/refusals", 0.5), "improper prompts that are refused 0.5 is below 0.88"),
                Arguments.of(
                        Map.of("freshRankings/judgeAccuracy", 0.4, "freshRankings/pairs", 120.0),
                        "the judge is right about 0.4 of what people have ranked since it was trained, below 0.5"),
                // Measured of the candidates that were approved by the gate before, seeds 1, 11, 21 and 22
                // (docs/log.md).
                Arguments.of(measured(0.70, 0.954, 0.953, 0.016, 0.058), "0.058 is above 0.04"),
                Arguments.of(measured(0.61, 0.975, 0.962, 0.016, 0.067), "0.067 is above 0.04"),
                Arguments.of(measured(0.62, 0.980, 0.977, 0, 0.057), "0.057 is above 0.04"),
                Arguments.of(measured(0.60, 0.977, 0.961, 0.010, 0.066), "0.066 is above 0.04"));
    }

    private static Map<String, Double> measured(
            double winRate, double sftAccuracy, double accuracy, double forgotten, double foreign) {
        return Map.of(
                "winRate", winRate,
                "heldOut/sftAccuracy", sftAccuracy,
                "heldOut/accuracy", accuracy,
                "heldOut/forgotten", forgotten,
                "heldOut/foreign", foreign);
    }

    @Test
    void a_few_fresh_rankings_say_nothing_about_the_judge() {
        // Given
        Map<String, Double> figures = new HashMap<>(GOOD);
        figures.put("freshRankings/judgeAccuracy", 0.4);
        figures.put("freshRankings/pairs", 20.0);

        // When
        Gate gate = Gate.decide(THRESHOLDS, figures);

        // Then
        assertThat(gate.verdict()).isEqualTo(Verdict.APPROVED);
    }

    @Test
    void a_policy_that_loses_anything_is_worse_than_one_that_wins_nothing() {
        // Given
        Map<String, Double> loses = new HashMap<>(GOOD);
        loses.putAll(Map.of("winRate", 1.0, "heldOut/forgotten", 0.1));
        Map<String, Double> winsNothing = new HashMap<>(GOOD);
        winsNothing.put("winRate", 0.1);

        // When
        double judgement = Gate.judgement(THRESHOLDS, loses);

        // Then
        assertThat(judgement).isGreaterThan(Gate.judgement(THRESHOLDS, winsNothing));
        assertThat(Gate.judgement(THRESHOLDS, winsNothing)).isGreaterThan(Gate.judgement(THRESHOLDS, GOOD));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void names_what_does_not_hold(Map<String, Double> changed, String words) {
        // Given
        Map<String, Double> figures = new HashMap<>(GOOD);
        figures.putAll(changed);

        // When
        Gate gate = Gate.decide(THRESHOLDS, figures);

        // Then
        assertThat(gate.verdict()).isEqualTo(Verdict.REJECTED);
        assertThat(Messages.english(gate.reason()))
                .startsWith("on 200 held-out prompts ")
                .contains(words);
    }

    @Test
    void what_was_not_measured_passes_no_gate() {
        assertThat(Gate.decide(THRESHOLDS, Map.of()).verdict()).isEqualTo(Verdict.REJECTED);
    }

    @Test
    void nothing_asked_is_nothing_forgotten() {
        // Given
        Map<String, Double> figures = new HashMap<>(GOOD);
        figures.keySet()
                .removeIf(
                        name -> name.matches(
                                "heldOut/(unasked|foreign|sftForeign|asked|accuracy|forgotten|sftAccuracy|improper|refusals|sftRefusals)"));

        // When
        Gate gate = Gate.decide(THRESHOLDS, figures);

        // Then
        assertThat(gate.verdict()).isEqualTo(Verdict.APPROVED);
    }
}
