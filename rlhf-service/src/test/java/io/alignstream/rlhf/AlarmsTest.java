package io.alignstream.rlhf;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.messages.Reason;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AlarmsTest {

    private static final Map<String, Double> HEALTHY = Map.of(
            "val/ratio", 1.01,
            "objective/kl", 0.4,
            "objective/scores", 0.5,
            "endRate", 0.99,
            "responseLength", 6.0,
            "policy/entropy", 1.5);

    @Test
    void healthyRunRaisesNone() {
        // Given
        Alarms alarms = new Alarms();

        // When, then
        for (int i = 0; i < 10; i++) {
            assertThat(alarms.observe(HEALTHY)).isEmpty();
        }
        assertThat(alarms.metrics()).isEqualTo(Map.of("alarms", 0.0));
    }

    @Test
    void eachFaultIsNamedOnceWhileItLasts() {
        // Given
        Map<String, Map<String, Double>> faults = Map.of(
                "ratio", Map.of("val/ratio", 5.0),
                "negativeKl", Map.of("objective/kl", -5.0),
                "endRate", Map.of("endRate", 0.1),
                "length", Map.of("responseLength", 60.0),
                "entropy", Map.of("policy/entropy", 0.0));

        faults.forEach((name, fault) -> {
            Alarms alarms = new Alarms();
            alarms.observe(HEALTHY);

            // When
            long named = 0;
            for (int i = 0; i < 6; i++) {
                named += alarms.observe(with(fault)).size();
            }

            // Then
            assertThat(alarms.metrics()).as(name).containsEntry("alarm/" + name, 1.0);
            assertThat(named).as(name).isEqualTo(1);
        });
    }

    @Test
    void risingTrainingScoreWithFallingHeldOutScoreIsOverOptimisation() {
        // Given
        Alarms alarms = new Alarms();
        alarms.observe(with(Map.of("heldOut/judgeScores", 1.0)));

        // When
        List<Reason> raised = alarms.observe(with(Map.of("heldOut/judgeScores", 0.5, "objective/scores", 2.0)));

        // Then
        assertThat(raised).extracting(Reason::code).containsExactly("alarm.overOptimisation");
        assertThat(alarms.metrics()).containsEntry("alarm/overOptimisation", 1.0);
    }

    private static Map<String, Double> with(Map<String, Double> figures) {
        Map<String, Double> all = new HashMap<>(HEALTHY);
        all.putAll(figures);
        return all;
    }
}
