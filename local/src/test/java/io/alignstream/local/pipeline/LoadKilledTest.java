package io.alignstream.local.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.alignstream.contracts.Topic;
import io.alignstream.local.RecordingConsole;
import io.alignstream.local.broker.SharedBroker;
import io.alignstream.local.input.DocumentSource;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.KafkaConnection;
import io.alignstream.local.site.Site;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kill -9 in the middle of a load: the next one goes on, and each document is in the topic once.
 *
 * <p>{@code -Dalignstream.kills=50} kills more often than every build does.
 */
class LoadKilledTest {

    private static final int KILLS = Integer.getInteger("alignstream.kills", 4);
    private static final int FILES = 3;
    private static final int DOCUMENTS = 60_000;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @TempDir
    private Path folder;

    private final Site site = SharedBroker.site();
    private final String mine = UUID.randomUUID().toString();
    private final List<Process> processes = new ArrayList<>();
    private final Admin admin = Admin.create(site.connection().settings());

    @AfterEach
    void stop() {
        processes.forEach(Process::destroyForcibly);
        admin.close();
    }

    @Test
    void killedLoadsPublishEachDocumentOnce() throws Exception {
        // Given
        Path corpus = Files.createDirectories(folder.resolve("corpus"));
        for (int file = 0; file < FILES; file++) {
            write(corpus.resolve(file + ".jsonl.gz"), file * DOCUMENTS / FILES, (file + 1) * DOCUMENTS / FILES);
        }
        Random random = new Random(KILLS);
        List<Integer> reached = new ArrayList<>();

        // When
        for (int kill = 0; kill < KILLS; kill++) {
            int left = DOCUMENTS - published().size();
            long target = written() + left / 3 + random.nextInt(Math.max(1, left * 2 / 3));
            Process process = load(corpus);
            await().atMost(PATIENCE)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> written() >= target || !process.isAlive());
            process.destroyForcibly().waitFor();
            reached.add(published().size());
        }
        Process last = load(corpus);

        // Then
        assertThat(last.waitFor()).isZero();
        assertThat(published()).hasSize(DOCUMENTS).doesNotHaveDuplicates();
        assertThat(reached).as("documents after each kill").anyMatch(count -> count > 0 && count < DOCUMENTS);
    }

    /** A process that is about to publish. */
    private Process load(Path corpus) throws IOException {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LoadKilledTest.class.getName(),
                        site.connection().servers(),
                        folder.toString(),
                        corpus.toString())
                .redirectErrorStream(true)
                .start();
        processes.add(process);
        var output = process.inputReader(StandardCharsets.UTF_8);
        List<String> lines = new ArrayList<>();
        String line = output.readLine();
        while (line != null && !line.equals("loading")) {
            lines.add(line);
            line = output.readLine();
        }
        assertThat(line).as("output of a load: %s", lines).isNotNull();
        Thread.ofVirtual().start(() -> output.lines().forEach(ignored -> {}));
        return process;
    }

    /** Arguments: broker, folder of the journal, corpus. */
    @SuppressWarnings("SystemOut") // the parent process reads it
    public static void main(String[] arguments) {
        Console console = new RecordingConsole().console();
        DocumentSource source = DocumentSource.of(List.of(Path.of(arguments[2])));
        try (DocumentLoader loader = new DocumentLoader(KafkaConnection.to(arguments[0]), Path.of(arguments[1]))) {
            System.out.println("loading");
            loader.load(source, console);
        }
    }

    private void write(Path file, int from, int to) throws IOException {
        try (BufferedWriter out = new BufferedWriter(
                new OutputStreamWriter(new GZIPOutputStream(Files.newOutputStream(file)), StandardCharsets.UTF_8))) {
            for (int i = from; i < to; i++) {
                out.write("{\"id\": \"" + mine + "-" + i + "\", \"text\": \"第" + i + "篇\"}\n");
            }
        }
    }

    /** Records in the topic, those of open and of aborted transactions among them. */
    private long written() throws ExecutionException, InterruptedException {
        TopicPartition documents = new TopicPartition(Topic.DOCUMENTS.name(), 0);
        return admin.listOffsets(Map.of(documents, OffsetSpec.latest()))
                .partitionResult(documents)
                .get()
                .offset();
    }

    private List<String> published() {
        List<String> ids = new ArrayList<>();
        try (TopicLog log = new TopicLog(site.connection(), List.of(Topic.DOCUMENTS.name()))) {
            log.readToEnd(record -> {
                String id = new String(record.key(), StandardCharsets.UTF_8);
                if (id.startsWith(mine)) {
                    ids.add(id);
                }
            });
        }
        return ids;
    }
}
