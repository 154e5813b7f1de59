package io.alignstream.training.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.check.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryPlanTest {

    private static final long GIBIBYTE = 1L << 30;

    @TempDir
    private Path folder;

    @Test
    void adds_up_its_parts_and_the_process() {
        // When
        MemoryPlan plan = MemoryPlan.of(Map.of(
                MemoryPlan.Part.WEIGHTS, GIBIBYTE, MemoryPlan.Part.MOMENTS, 2 * GIBIBYTE, MemoryPlan.Part.BEST, 0L));

        // Then
        assertThat(plan.parts()).containsOnlyKeys("process", "weights", "moments");
        assertThat(plan.bytes()).isEqualTo(3 * GIBIBYTE + plan.parts().get("process"));
        assertThat(plan.available()).isPositive();
    }

    @Test
    void a_run_that_does_not_fit_is_refused_with_both_figures() {
        // Given
        MemoryPlan plan = new MemoryPlan(
                new LinkedHashMap<>(Map.of("activations", 2 * GIBIBYTE)), 5 * GIBIBYTE + GIBIBYTE / 10, 3 * GIBIBYTE);

        // When, then
        assertThatThrownBy(plan::requireRoom)
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("needs 5.1 GiB")
                .hasMessageContaining("3.0 GiB are available")
                .hasMessageContaining("alignstream.activation-mebibytes (2.0 GiB");
    }

    @Test
    void a_run_that_fits_starts() {
        // Given
        MemoryPlan plan = new MemoryPlan(new LinkedHashMap<>(), 3 * GIBIBYTE, 3 * GIBIBYTE);

        // When, then
        assertThatCode(plan::requireRoom).doesNotThrowAnyException();
    }

    @Test
    void what_others_can_give_back_is_available() throws IOException {
        // Given
        Files.writeString(folder.resolve("meminfo"), "MemTotal:  9000 kB\nMemFree:  10 kB\nMemAvailable:   4000 kB\n");
        Files.createDirectory(folder.resolve("self"));
        Files.writeString(folder.resolve("self/status"), "VmHWM:\t  900 kB\nVmRSS:\t  500 kB\n");

        // When
        SystemMemory memory = SystemMemory.of(folder, folder.resolve("none"));

        // Then
        assertThat(memory).isEqualTo(new SystemMemory(4000L << 10, 500L << 10));
        assertThat(memory.available()).isEqualTo(4500L << 10);
    }

    @Test
    void a_container_has_no_more_than_its_bound() throws IOException {
        // Given
        Files.writeString(folder.resolve("meminfo"), "MemAvailable:   4000 kB\n");
        Files.writeString(folder.resolve("memory.max"), "1000000\n");
        Files.writeString(folder.resolve("memory.current"), "700000\n");
        Files.writeString(folder.resolve("memory.stat"), "anon 1\ninactive_file 200000\n");

        // When
        SystemMemory memory = SystemMemory.of(folder, folder);

        // Then
        assertThat(memory.free()).isEqualTo(500_000);
    }

    @Test
    void an_unbounded_container_has_what_the_machine_has() throws IOException {
        // Given
        Files.writeString(folder.resolve("meminfo"), "MemAvailable:   4000 kB\n");
        Files.writeString(folder.resolve("memory.max"), "max\n");
        Files.writeString(folder.resolve("memory.current"), "700000\n");

        // When
        SystemMemory memory = SystemMemory.of(folder, folder);

        // Then
        assertThat(memory.free()).isEqualTo(4000L << 10);
    }

    @Test
    void a_card_holds_what_is_computed_with() {
        // When
        MemoryPlan plan = MemoryPlan.onCard(
                Map.of(
                        MemoryPlan.Part.WEIGHTS, GIBIBYTE,
                        MemoryPlan.Part.FILES, GIBIBYTE,
                        MemoryPlan.Part.BEST, GIBIBYTE),
                2 * GIBIBYTE);

        // Then
        assertThat(plan.parts()).containsOnlyKeys("weights");
        assertThat(plan.bytes()).isEqualTo(GIBIBYTE);
        assertThat(plan.fits()).isTrue();
    }

    @Test
    void a_card_without_memory_is_explained_and_other_failures_stay() {
        // Given
        Throwable full = new IllegalStateException(
                "a step failed",
                new RuntimeException("CUDA out of memory. Tried to"
                        + " allocate 2.00 GiB. GPU 0 has a total capacity of 79.10 GiB"));
        Throwable other = new IllegalStateException("something else");

        // When
        Throwable explained = MemoryPlan.explained(full);

        // Then
        assertThat(explained)
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("the card has no memory left")
                .hasMessageContaining("alignstream.activation-mebibytes")
                .hasCause(full);
        assertThat(MemoryPlan.explained(other)).isSameAs(other);
    }
}
