package io.alignstream.local.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.alignstream.local.RecordingConsole;
import io.alignstream.local.TestSites;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessGroupTest {

    @TempDir
    Path folder;

    private final RecordingConsole output = new RecordingConsole();
    private final List<ProcessGroup> groups = new ArrayList<>();
    private Site site;

    @BeforeEach
    void prepare() {
        site = TestSites.prepared(folder);
    }

    @AfterEach
    void stop() {
        groups.forEach(ProcessGroup::stopStarted);
    }

    @Test
    void takesOverARunningProcessAndLeavesItRunning() {
        // Given
        group().start(spec("broker", "exec sleep 1000", "1"));
        long pid = running("broker").orElseThrow().pid();

        // When
        ProcessGroup second = group();
        second.start(spec("broker", "exec sleep 1000", "1"));
        second.stopStarted();

        // Then
        assertThat(running("broker")).map(ManagedProcess::pid).contains(pid);
    }

    @Test
    void replacesAProcessOfAnOlderBuild() {
        // Given
        group().start(spec("broker", "exec sleep 1000", "1"));
        long pid = running("broker").orElseThrow().pid();

        // When
        group().start(spec("broker", "exec sleep 1000", "2"));

        // Then
        assertThat(running("broker")).map(ManagedProcess::pid).isPresent().get().isNotEqualTo(pid);
        assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
    }

    @Test
    void stopsTheLastStartedFirstAndTheFirstOneLast() {
        // Given
        ProcessGroup group = group();
        for (String name : List.of("kafka", "one-service", "two-service")) {
            group.start(spec(name, "exec sleep 1000", "1"));
        }

        // When
        group.stopStarted();

        // Then
        assertThat(output.lines()).containsExactly("stopped two-service", "stopped one-service", "stopped kafka");
        assertThat(running("kafka")).isEmpty();
    }

    @Test
    void killsAProcessThatIgnoresTheRequestToStop() {
        // Given
        ProcessGroup group = group();
        group.start(spec("stubborn", "trap '' TERM; echo armed; while true; do sleep 1; done", "1"));
        await().until(() -> new LogFile(site.log("stubborn")).size() > 0);

        // When
        group.stopStarted();

        // Then
        assertThat(output.lines()).containsExactly("stopped stubborn by force: it did not end within 1 s");
        assertThat(running("stubborn")).isEmpty();
    }

    @Test
    void showsTheEndOfTheLogOfACrashedProcess() {
        // Given
        ProcessGroup group = group();
        group.start(spec("fragile", "echo out of luck; exit 3", "1"));

        // When / Then
        assertThatThrownBy(() -> group.awaitReady("all"))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("fragile")
                .hasMessageContaining("ended unexpectedly")
                .hasMessageContaining("out of luck");
    }

    @Test
    void showsTheReasonAndNotTheStackOfACrashedProcess() {
        // Given
        ProcessGroup group = group();
        String trace = "Failed to start\\nCaused by: java.lang.IllegalArgumentException: there is no profile fancy\\n"
                + "\\tat io.alignstream.Some.method(Some.java:1)\\n".repeat(40) + "\\t... 9 more\\n";
        group.start(spec("fragile", "printf '" + trace + "'; exit 3", "1"));

        // When / Then
        assertThatThrownBy(() -> group.awaitReady("all"))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("there is no profile fancy")
                .hasMessageNotContaining("Some.java")
                .hasMessageNotContaining("9 more");
    }

    @Test
    void namesThePortThatIsInUse() throws Exception {
        // Given
        try (ServerSocket other = new ServerSocket(site.portBase(), 1, InetAddress.getLoopbackAddress())) {
            ProcessSpec spec = spec("broker", "exec sleep 1000", "1");

            // When / Then
            assertThatThrownBy(() -> group().start(spec))
                    .isInstanceOf(LaunchException.class)
                    .hasMessageContaining("Port " + other.getLocalPort())
                    .hasMessageContaining("--port-base");
        }
    }

    @Test
    void doesNotTakeAnotherProcessWithTheSameIdForItsOwn() throws Exception {
        // Given
        group().start(spec("broker", "exec sleep 1000", "1"));
        ManagedProcess process = running("broker").orElseThrow();
        Path record = site.run().resolve("broker.json");
        String text = java.nio.file.Files.readString(record);

        // When
        java.nio.file.Files.writeString(record, text.replaceAll("\"startMillis\":\\d+", "\"startMillis\":12345"));

        // Then
        assertThat(running("broker")).isEmpty();
        ProcessHandle.of(process.pid()).orElseThrow().destroyForcibly();
    }

    private ProcessGroup group() {
        ProcessGroup group = new ProcessGroup(site, output.console());
        groups.add(group);
        return group;
    }

    private Optional<ManagedProcess> running(String name) {
        return ManagedProcess.find(site.run(), name);
    }

    private ProcessSpec spec(String name, String script, String build) {
        return new ProcessSpec(
                name,
                List.of("/bin/sh", "-c", script),
                Map.of(),
                build,
                List.of(site.portBase()),
                () -> false,
                Duration.ofSeconds(30),
                Duration.ofSeconds(1));
    }
}
