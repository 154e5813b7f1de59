package io.alignstream.training.effort;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Lease;
import io.alignstream.languagemodel.checkpoint.LeaseLostException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run has taken is added up across the processes that have worked on it, and read from meters that there are. */
class EffortTest {

    private static final double SECOND = 1e9;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Test
    void theNextProcessAddsToWhatTheOneBeforeHasTold() throws IOException {
        // Given
        try (CheckpointStore store = CheckpointStore.open(folder.toUri(), folder)) {
            Lease first = store.claim(Stage.SFT, "run");
            new EffortLog(store, Stage.SFT, "run").add(first, new Effort(10, 20, 0, 0, 0));
            Lease second = store.claim(Stage.SFT, "run");
            EffortLog resumed = new EffortLog(store, Stage.SFT, "run");

            // When
            resumed.add(second, new Effort(1, 4, 1, 1, 50));
            resumed.add(second, new Effort(1, 4, 1, 1, 50));

            // Then: as one note, and nothing beside the checkpoints themselves
            assertThat(resumed.sum()).isEqualTo(new Effort(12, 28, 2, 2, 100));
            assertThat(store.below(EffortLog.EFFORTS).manifests(Stage.SFT, "run"))
                    .hasSize(1);
            assertThat(store.manifests(Stage.SFT, "run")).isEmpty();
        }
    }

    @Test
    void whatNobodyHasCountedIsNone() throws IOException {
        try (CheckpointStore store = CheckpointStore.open(folder.toUri(), folder)) {
            assertThat(new EffortLog(store, Stage.SFT, "run").sum()).isEqualTo(Effort.NONE);
        }
    }

    @Test
    void processorsAndCardsOfAllWorkersCount() {
        // Given
        AtomicLong time = new AtomicLong();
        EffortClock clock = new EffortClock(time::get, EnergyMeter.below(folder), 8, true);
        time.set((long) (5 * SECOND));

        // When
        Effort effort = clock.lap(2);

        // Then
        assertThat(effort).isEqualTo(new Effort(5, 80, 10, 0, 0));
        assertThat(effort.metered()).isFalse();
    }

    @Test
    void whatWasBeforeTheBeginningIsSomebodyElses() {
        // Given
        AtomicLong time = new AtomicLong();
        EffortClock clock = new EffortClock(time::get, EnergyMeter.below(folder), 1, false);
        time.set((long) (5 * SECOND));
        clock.begin();
        time.set((long) (7 * SECOND));

        // When
        Effort effort = clock.lap(1);

        // Then
        assertThat(effort.seconds()).isEqualTo(2);
    }

    @Test
    void theMeterAddsUpPackagesAcrossTheEndOfTheirCounters() throws IOException {
        // Given
        counter("intel-rapl:0", 900_000_000, 1_000_000_000);
        counter("intel-rapl:1", 5_000_000, 1_000_000_000);
        counter("intel-rapl:0:0", 1, 1_000_000_000); // a part of the first
        EnergyMeter meter = EnergyMeter.below(folder);
        AtomicLong time = new AtomicLong();
        EffortClock clock = new EffortClock(time::get, meter, 2, false);
        counter("intel-rapl:0", 100_000_000, 1_000_000_000);
        counter("intel-rapl:1", 10_000_000, 1_000_000_000);
        time.set((long) (3 * SECOND));

        // When
        Effort effort = clock.lap(1);

        // Then
        assertThat(effort.joules()).isCloseTo(205, within(1e-9));
        assertThat(effort.metered()).isTrue();
    }

    @Test
    void aMeterOfOneMachineIsNoneOfSeveralWorkers() throws IOException {
        // Given
        counter("intel-rapl:0", 0, 1_000_000_000);
        AtomicLong time = new AtomicLong();
        EffortClock clock = new EffortClock(time::get, EnergyMeter.below(folder), 2, false);
        counter("intel-rapl:0", 100_000_000, 1_000_000_000);
        time.set((long) SECOND);

        // When
        Effort effort = clock.lap(2);

        // Then
        assertThat(effort.meteredSeconds()).isZero();
    }

    @Test
    void aCounterThatNobodyMayReadIsNoMeter() throws IOException {
        // Given
        counter("intel-rapl:0", 5, 1_000);
        EnergyMeter meter = EnergyMeter.below(folder);

        // When
        Files.writeString(folder.resolve("intel-rapl:0").resolve("energy_uj"), "no number");

        // Then
        assertThat(meter.joules()).isEmpty();
    }

    @Test
    void whoHasLostTheRunCountsNothing() throws IOException {
        // Given
        try (CheckpointStore store = CheckpointStore.open(folder.toUri(), folder)) {
            Lease mine = store.below(EffortLog.EFFORTS).claim(Stage.SFT, "run");
            store.below(EffortLog.EFFORTS).claim(Stage.SFT, "run");
            EffortLog log = new EffortLog(store, Stage.SFT, "run");

            // Then
            assertThatThrownBy(() -> log.add(mine, new Effort(1, 1, 0, 0, 0))).isInstanceOf(LeaseLostException.class);
        }
    }

    private void counter(String name, long microjoules, long limit) throws IOException {
        Path each = Files.createDirectories(folder.resolve(name));
        Files.writeString(each.resolve("energy_uj"), microjoules + "\n");
        Files.writeString(each.resolve("max_energy_range_uj"), limit + "\n");
    }
}
