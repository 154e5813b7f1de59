package io.alignstream.local;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.Stage;
import io.alignstream.local.process.ProcessGroup;
import io.alignstream.local.service.ServiceProcesses;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A packaged service whose settings cannot be: what a person who starts it gets to read. */
class StartFailureIT {

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "training.minibatch-episodes=0 | training.minibatch-episodes is 0 but must lie between 1 and 1000000",
                "training.minibatch-episodes=30 | training.minibatch-episodes is 30 but must divide",
                "training.gamma=high | training.gamma is high but must be 0 to 1",
                "trainig.gamma=1 | trainig.gamma is not a setting; the nearest one is alignstream.rlhf.training.gamma",
                "quiet=1s | quiet is called alignstream.rlhf.debounce now"
            })
    void the_launcher_shows_a_line_for_each_problem_and_no_stack(String setting, String problem) {
        // Given
        Site site = TestSites.prepared(folder, "-Dalignstream.rlhf." + setting);
        ProcessGroup group = new ProcessGroup(site, new RecordingConsole().console());
        group.start(new ServiceProcesses(site, TestSites.installation()).of(Stage.RLHF));

        // When, then
        assertThatThrownBy(() -> group.awaitReady("rlhf-service"))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("    alignstream.rlhf." + problem)
                .hasMessageContaining("./alignstream settings")
                .hasMessageNotContainingAny("SRCFG", "Exception", "\tat ");
    }
}
