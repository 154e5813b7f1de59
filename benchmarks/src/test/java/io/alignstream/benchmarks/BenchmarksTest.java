package io.alignstream.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.local.command.BenchCommand;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Command;

/** The launcher's help cannot see the list of benchmarks, so it is compared here. */
class BenchmarksTest {

    @Test
    void the_help_explains_every_benchmark_and_no_other() {
        // Given
        String[] help = BenchCommand.class.getAnnotation(Command.class).description();

        // When
        List<String> explained = Arrays.stream(help)
                .filter(line -> line.contains("   "))
                .map(line -> line.split(" ", 2)[0])
                .toList();

        // Then
        assertThat(explained).containsExactlyInAnyOrderElementsOf(Benchmarks.names());
    }
}
