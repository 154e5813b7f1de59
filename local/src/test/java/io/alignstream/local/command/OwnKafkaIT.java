package io.alignstream.local.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.local.RecordingConsole;
import io.alignstream.local.TestSites;
import io.alignstream.local.broker.SecuredBroker;
import io.alignstream.local.input.DocumentSource;
import io.alignstream.local.pipeline.TopicLog;
import io.alignstream.local.service.ServiceProcesses;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher and a service at Kafka brokers that ask who comes, over TLS: a real broker with users and an authoriser. */
class OwnKafkaIT {

    private static final String USER = "launcher";

    @TempDir
    Path folder;

    private final RecordingConsole output = new RecordingConsole();

    @Test
    void documentsAreLoadedAndCleanedThereAndThePasswordStaysInItsFile() throws Exception {
        // Given
        Path texts =
                Files.writeString(folder.resolve("text.txt"), "The sea is salt, and the rivers that feed it are not.");
        try (SecuredBroker broker = SecuredBroker.start(Files.createDirectory(folder.resolve("broker")))) {
            broker.letInToAll(USER);
            Path config = config(broker, SecuredBroker.PASSWORD);
            Site site = TestSites.prepared(folder.resolve("site"), "-Dalignstream.tokenizer.cleaning.profile=exact")
                    .withKafka(config);
            String seen;

            // When
            try (LocalCluster cluster = LocalCluster.start(
                    site,
                    TestSites.installation(),
                    List.of(new ServiceProcesses(site, TestSites.installation()).of(Stage.TOKENIZER)),
                    output.console())) {
                cluster.load(DocumentSource.at(List.of(texts.toString()), false), output.console());
                await().atMost(Duration.ofMinutes(2)).until(() -> cleaned(site) == 1);
                seen = cluster.pids().stream().map(OwnKafkaIT::commandLine).collect(Collectors.joining("\n"));
            }

            // Then
            assertThat(seen).contains("-Dkafka.bootstrap.servers=").doesNotContain(SecuredBroker.PASSWORD);
            assertThat(Site.at(site.dataFolder(), null, null, null).kafkaConfig())
                    .isEqualTo(config.toAbsolutePath());
            assertThat(site.log("kafka")).doesNotExist();
            assertThat(written(site)).isNotEmpty().allSatisfy(file -> assertThat(text(file))
                    .as(file.toString())
                    .doesNotContain(SecuredBroker.PASSWORD));
            Site stranger = TestSites.prepared(folder.resolve("stranger")).withKafka(config(broker, "a wrong one"));
            assertThatThrownBy(() -> LocalCluster.startBroker(stranger, TestSites.installation(), output.console()))
                    .isInstanceOf(LaunchException.class)
                    .satisfies(refused -> assertThat(refused.getMessage()).doesNotContain("a wrong one"));
        }
    }

    private Path config(SecuredBroker broker, String password) throws IOException {
        String settings = broker.as(USER).entrySet().stream()
                .map(setting -> setting.getKey() + "=" + setting.getValue() + "\n")
                .collect(Collectors.joining())
                .replace(SecuredBroker.PASSWORD, password);
        return Files.writeString(Files.createTempFile(folder, "kafka", ".properties"), settings);
    }

    private static long cleaned(Site site) {
        try (TopicLog log = new TopicLog(site.connection(), List.of(Topic.CLEAN_DOCUMENTS.name()))) {
            long[] count = {0};
            log.readToEnd(document -> count[0]++);
            return count[0];
        }
    }

    private static String commandLine(long pid) {
        return text(Path.of("/proc", Long.toString(pid), "cmdline"));
    }

    /** What launcher and service have written: settings, notes about processes, logs. */
    private static List<Path> written(Site site) throws IOException {
        try (Stream<Path> files = Files.walk(site.dataFolder())) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> file.toString().matches(".*\\.(json|log|properties)"))
                    .toList();
        }
    }

    private static String text(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
