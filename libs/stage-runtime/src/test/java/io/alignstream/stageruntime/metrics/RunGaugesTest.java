package io.alignstream.stageruntime.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RunGaugesTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private long now;
    private final RunGauges gauges = new RunGauges(registry, "rlhf", () -> now);

    @Test
    void showsTheNewestFigureUnderItsRunAndPhase() {
        // Given
        gauges.set("r1", "ppo", Map.of("objective/kl", 0.5, "tokensPerSecond", 10.0));

        // When
        gauges.set("r1", "ppo", Map.of("objective/kl", 0.75));

        // Then
        assertThat(value("alignstream_run_objective_kl", "r1", "ppo")).isEqualTo(0.75);
        assertThat(value("alignstream_run_tokens_per_second", "r1", "ppo")).isEqualTo(10);
    }

    @Test
    void aRunThatGoesOnIsNeverForgotten() {
        // Given
        gauges.set("r1", "ppo", Map.of("loss", 1.0));
        now += Duration.ofHours(10).toNanos();

        // When
        gauges.forgetOld();

        // Then
        assertThat(runs()).containsExactly("r1");
    }

    @Test
    void aRunThatIsOverIsShownForSomeMinutesAndThenNoMore() {
        // Given
        gauges.set("r1", "ppo", Map.of("loss", 1.0));
        gauges.ended("r1");
        now += Duration.ofSeconds(119).toNanos();
        gauges.forgetOld();
        List<String> before = runs();
        now += Duration.ofSeconds(1).toNanos();

        // When
        gauges.forgetOld();

        // Then
        assertThat(before).containsExactly("r1");
        assertThat(runs()).isEmpty();
    }

    @Test
    void aRunThatGoesOnAgainIsShownAgain() {
        // Given
        gauges.set("r1", "ppo", Map.of("loss", 1.0));
        gauges.ended("r1");
        gauges.set("r1", "ppo", Map.of("loss", 0.5));
        now += Duration.ofHours(1).toNanos();

        // When
        gauges.forgetOld();

        // Then
        assertThat(value("alignstream_run_loss", "r1", "ppo")).isEqualTo(0.5);
    }

    @Test
    void ofManyShortRunsTheNewestStay() {
        // Given
        for (int run = 1; run <= 20; run++) {
            gauges.set("r" + run, "train", Map.of("loss", 1.0));

            // When
            gauges.ended("r" + run);
        }

        // Then
        assertThat(runs()).containsExactlyInAnyOrder("r17", "r18", "r19", "r20");
    }

    private double value(String metric, String run, String phase) {
        return registry.get(metric)
                .tags("stage", "rlhf", "run", run, "phase", phase)
                .gauge()
                .value();
    }

    private List<String> runs() {
        return registry.getMeters().stream()
                .filter(Gauge.class::isInstance)
                .map(meter -> String.valueOf(meter.getId().getTag("run")))
                .distinct()
                .toList();
    }
}
