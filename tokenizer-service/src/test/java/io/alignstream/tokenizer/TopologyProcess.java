package io.alignstream.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.textcleaning.Decontamination;
import io.alignstream.tokenizer.cleaning.CleaningPlan;
import io.alignstream.tokenizer.cleaning.CleaningTopics;
import io.alignstream.tokenizer.cleaning.CleaningTopology;
import io.alignstream.tokenizer.packing.Packing;
import io.alignstream.tokenizer.packing.PackingTopology;
import io.alignstream.tokenizer.streams.StreamsApplication;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Both topologies as a service runs them, in this process or in one of their own that a test kills. */
final class TopologyProcess implements AutoCloseable {

    /** Documents of tests have times of their own and are there before anything starts. */
    private static final Duration GRACE = Duration.ofSeconds(1);

    /** Whether a partition has been read to its end must show without it. */
    private static final Duration NEVER = Duration.ofDays(1);

    static final Packing PACKING = new Packing(16, 4, 0);
    static final String PACKING_ID = "alignstream-pack-test";

    private final StreamsApplication cleaning;
    private final StreamsApplication packing;

    private TopologyProcess(StreamsApplication cleaning, StreamsApplication packing) {
        this.cleaning = cleaning;
        this.packing = packing;
    }

    static TopologyProcess start(String address, Path state, String instance) throws InterruptedException {
        Map<String, Object> kafka = Map.of("bootstrap.servers", address);
        StreamsApplication.Settings settings = new StreamsApplication.Settings(kafka, state, instance, 1);
        Tokenizer tokenizer = DuplicatedTexts.tokenizer();
        CleaningPlan plan = new CleaningPlan(
                DuplicatedTexts.PROFILE,
                Decontamination.NONE,
                CleaningTopics.prepare(kafka),
                CleaningTopics.ends(kafka),
                GRACE,
                NEVER);
        StreamsApplication cleaning =
                new StreamsApplication(CleaningTopology.APPLICATION_ID, CleaningTopology.build(plan), settings);
        cleaning.start(CleaningTopology.topics());
        DatasetSnapshot noEnd = new DatasetSnapshot("clean-documents", List.of());
        StreamsApplication packing =
                new StreamsApplication(PACKING_ID, PackingTopology.build(tokenizer, noEnd, PACKING), settings);
        packing.start(PackingTopology.topics());
        return new TopologyProcess(cleaning, packing);
    }

    /** Starts both topologies in a process of their own; returns when it says that it started. */
    static Process spawn(String address, Path state, String instance) throws IOException {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        TopologyProcess.class.getName(),
                        address,
                        state.toString(),
                        instance)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
        String line = output.readLine();
        while (line != null && !line.startsWith("started")) {
            line = output.readLine();
        }
        assertThat(line).as("the process started").isNotNull();
        Thread.ofVirtual().start(() -> output.lines().forEach(ignored -> {}));
        return process;
    }

    StreamsApplication cleaning() {
        return cleaning;
    }

    @Override
    public void close() {
        packing.close();
        cleaning.close();
    }

    /** Arguments: broker, state folder, instance. Says when it runs, then works until it is killed. */
    @SuppressWarnings("SystemOut") // the parent process reads it
    public static void main(String[] arguments) throws InterruptedException {
        try (TopologyProcess process = start(arguments[0], Path.of(arguments[1]), arguments[2])) {
            System.out.println("started " + process.cleaning().applicationId());
            Thread.currentThread().join();
        }
    }
}
