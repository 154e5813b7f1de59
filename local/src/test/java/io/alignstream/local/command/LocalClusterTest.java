package io.alignstream.local.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.Stage;
import io.alignstream.local.RecordingConsole;
import io.alignstream.local.TestSites;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import io.alignstream.local.site.StageWorkers;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class LocalClusterTest {

    @TempDir
    private Path folder;

    @Test
    void aSettingThatThereIsNotIsRefusedBeforeAnythingStarts() {
        // Given
        Site site = new Site(folder, 20_000, Site.DEFAULT_SEED, List.of("-Dalignstream.pretran.steps=5"));

        // When, then
        assertThatThrownBy(() ->
                        LocalCluster.startBroker(site, TestSites.installation(), new RecordingConsole().console()))
                .isInstanceOf(LaunchException.class)
                .hasMessageContainingAll("alignstream.pretran.steps is not a setting", "alignstream.pretrain.steps");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void whatDoesNotRunIsNotScaled() {
        // Given
        Site site = TestSites.prepared(folder);

        // When, then
        assertThatThrownBy(() -> LocalCluster.scale(
                        () -> site, Stage.PRETRAIN, 3, TestSites.installation(), new RecordingConsole().console()))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("./alignstream up --pretrain-workers 3");
        assertThat(Site.at(folder, null, null, null).workers(Stage.PRETRAIN)).isEqualTo(StageWorkers.ALONE);
    }

    @ParameterizedTest
    @CsvSource({
        "--keep, false, '', true", // nobody is asked
        "'', true, y, true",
        "'', false, y, false",
        "--headless, true, y, false"
    })
    void theDemoLeavesRunningWhatItIsToldTo(String options, boolean interactive, String typed, boolean kept) {
        // Given
        Site site = TestSites.prepared(folder);
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        Console console = new Console(
                new PrintStream(said, true, StandardCharsets.UTF_8), new StringReader(typed), false, interactive);
        DemoCommand demo = new DemoCommand();
        new CommandLine(demo)
                .parseArgs((options + " --data-dir " + folder).strip().split(" "));

        // When
        try (LocalCluster cluster = LocalCluster.startBroker(site, TestSites.installation(), console)) {
            demo.settle(cluster, console);
        }

        // Then
        assertThat(LocalCluster.stopAll(site, console)).isEqualTo(kept ? 1 : 0);
        assertThat(said.toString(StandardCharsets.UTF_8).contains("./alignstream down --data-dir " + folder))
                .isEqualTo(kept);
    }

    @Test
    void whatRanBeforeIsNoneToAskAbout() {
        // Given
        Site site = TestSites.prepared(folder);
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        Console console =
                new Console(new PrintStream(said, true, StandardCharsets.UTF_8), new StringReader("n"), false, true);
        try (LocalCluster before = LocalCluster.startBroker(site, TestSites.installation(), console)) {
            before.keepRunning();
        }

        // When
        try (LocalCluster cluster = LocalCluster.startBroker(site, TestSites.installation(), console)) {
            new DemoCommand().settle(cluster, console);
        }

        // Then
        assertThat(LocalCluster.stopAll(site, console)).isOne();
        assertThat(said.toString(StandardCharsets.UTF_8)).doesNotContain("[y/N]");
    }
}
