package io.alignstream.stageruntime.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.metrics.Meters;
import io.alignstream.training.samples.Sample;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobProgressTest {

    private final JobProgress progress =
            new JobProgress(Stage.SFT, Meters.of(new SimpleMeterRegistry(), "sft"), event -> {}, RunHistory.inMemory());

    @Test
    void keepsTheNewestFailuresThatARunHealedFrom() {
        // Given
        progress.begin("a", Reason.of("job"), Reason.of("cause.inputs"), Optional.empty());

        // When
        for (int step = 1; step <= 30; step++) {
            progress.healed(healed(step));
        }

        // Then
        assertThat(progress.moment().healed())
                .hasSize(20)
                .startsWith(healed(11))
                .endsWith(healed(30));
    }

    @Test
    void aRunThatGoesOnKeepsThem() {
        // Given
        progress.begin("a", Reason.of("job"), Reason.of("cause.inputs"), Optional.empty());
        progress.healed(healed(1));

        // When
        progress.begin("a", Reason.of("job"), Reason.of("cause.inputs"), Optional.empty());

        // Then
        assertThat(progress.moment().healed()).containsExactly(healed(1));
    }

    @Test
    void anotherRunBeginsWithNone() {
        // Given
        progress.begin("a", Reason.of("job"), Reason.of("cause.inputs"), Optional.empty());
        progress.healed(healed(1));

        // When
        progress.begin("b", Reason.of("job"), Reason.of("cause.inputs"), Optional.empty());

        // Then
        assertThat(progress.moment().healed()).isEmpty();
    }

    @Test
    void whatTheModelHasWrittenIsKeptAtOnce(@TempDir Path folder) {
        // Given
        Sample sample = new Sample(3, List.of(new Sample.Text("prompt", "continued", true)));
        JobProgress killed = new JobProgress(
                Stage.SFT, Meters.of(new SimpleMeterRegistry(), "sft"), event -> {}, RunHistory.in(folder));
        killed.begin("a", Reason.of("job"), Reason.of("cause.inputs"), Optional.empty());
        killed.report("train", 4, 10, Map.of());
        killed.sampled(new Sample(3, List.of()));
        killed.sampled(new Sample(5, List.of()));
        killed.sampled(sample); // it has gone back

        // When
        JobProgress next = new JobProgress(
                Stage.SFT, Meters.of(new SimpleMeterRegistry(), "sft"), event -> {}, RunHistory.in(folder));

        // Then
        assertThat(next.run("a").orElseThrow().samples()).containsExactly(sample);
        assertThat(next.runs().getFirst().samples()).isEmpty();
        next.begin("a", Reason.of("job"), Reason.of("cause.inputs"), Optional.empty());
        assertThat(next.run("a").orElseThrow().samples()).containsExactly(sample);
        assertThat(next.run("a").orElseThrow().step()).isEqualTo(4);
        next.begin("b", Reason.of("job"), Reason.of("cause.inputs"), Optional.empty());
        assertThat(next.run("b").orElseThrow().samples()).isEmpty();
    }

    @Test
    void figuresThatTheNextStepLacksAreNotThinnedOut() {
        // Given
        List<Long> published = new ArrayList<>();
        JobProgress quick = new JobProgress(
                Stage.SFT,
                Meters.of(new SimpleMeterRegistry(), "sft"),
                moment -> published.add(moment.step()),
                RunHistory.inMemory());
        quick.begin("a", Reason.of("job"), Reason.of("cause.inputs"), Optional.empty());
        quick.report("train", 1, 9, Map.of("loss", 1.0));
        quick.report("train", 2, 9, Map.of("loss", 1.0));
        quick.report("train", 3, 9, Map.of("loss", 1.0, "validationLoss", 1.0));

        // When
        quick.report("train", 4, 9, Map.of("loss", 1.0));

        // Then
        assertThat(published).containsExactly(1L, 3L);
    }

    private static Reason healed(int step) {
        return Reason.of("training.healedByRate").with("step", step);
    }
}
