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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
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
        await().until(() -> ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty());
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

    /** As {@code ./alignstream scale} does it while another launcher follows a run. */
    @Test
    void aProcessThatAnotherLauncherHasStoppedIsNotMissed() {
        // Given
        ProcessGroup watching = group();
        watching.start(worker("one"));
        watching.start(worker("one-2"));
        SequencedMap<ManagedProcess, Duration> leaving = new LinkedHashMap<>();
        leaving.put(running("one-2").orElseThrow(), Duration.ofSeconds(10));
        ProcessGroup.stop(leaving, new RecordingConsole().console());

        // When
        watching.requireAlive();

        // Then
        assertThat(output.lines()).isEmpty();
        assertThat(watching.pids()).containsExactly(running("one").orElseThrow().pid());
    }

    @Test
    void aServiceGoesOnWhileOneOfItsProcessesIsLeft() {
        // Given
        ProcessGroup group = group();
        group.start(worker("one"));
        group.start(worker("one-2"));
        long killed = kill("one");

        // When
        group.requireAlive();
        group.requireAlive();

        // Then
        assertThat(output.lines())
                .singleElement()
                .asString()
                .contains("one (process " + killed + ") has ended unexpectedly", "others of one go on", "one.log");
        kill("one-2");
        assertThatThrownBy(group::requireAlive)
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("one-2");
    }

    /** A worker that cannot start is no worker that was lost. */
    @Test
    void aProcessThatEndsBeforeItIsReadyFailsTheStartWhateverElseThereIs() {
        // Given
        ProcessGroup group = group();
        group.start(worker("one"));
        group.start(spec("one-2", "one", "echo out of luck; exit 3", "1"));

        // When / Then
        assertThatThrownBy(() -> group.awaitReady("all"))
                .isInstanceOf(LaunchException.class)
                .hasMessageContainingAll("one-2", "out of luck");
    }

    @Test
    void whatWasStartedBesideEndsWithTheOthersOfItsService() {
        // Given
        ProcessGroup watching = group();
        watching.start(spec("kafka", "exec sleep 1000", "1"));
        watching.start(worker("one"));
        new ProcessGroup(site, output.console()).start(worker("one-2"));

        // When
        watching.takeOver("one-2", "one", Duration.ofSeconds(10));
        watching.takeOver("other-2", "other", Duration.ofSeconds(10));
        watching.stopStarted();

        // Then
        assertThat(output.lines()).containsExactly("stopped one-2", "stopped one", "stopped kafka");
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

    private long kill(String name) {
        ManagedProcess process = running(name).orElseThrow();
        ProcessHandle.of(process.pid()).orElseThrow().destroyForcibly();
        await().until(() -> !process.alive());
        return process.pid();
    }

    private ProcessSpec worker(String name) {
        return spec(name, "one", "exec sleep 1000", "1");
    }

    private ProcessSpec spec(String name, String script, String build) {
        return spec(name, name, script, build);
    }

    private ProcessSpec spec(String name, String service, String script, String build) {
        return new ProcessSpec(
                name,
                service,
                List.of("/bin/sh", "-c", script),
                Map.of(),
                build,
                List.of(site.portBase()),
                () -> false,
                Duration.ofSeconds(30),
                Duration.ofSeconds(1));
    }
}
