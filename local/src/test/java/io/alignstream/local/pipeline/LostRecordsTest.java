package io.alignstream.local.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Document;
import io.alignstream.contracts.Topic;
import io.alignstream.local.RecordingConsole;
import io.alignstream.local.TestSites;
import io.alignstream.local.broker.Broker;
import io.alignstream.local.broker.TopicSetup;
import io.alignstream.local.input.DocumentSource;
import io.alignstream.local.process.ProcessGroup;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A broker that comes back without the last of what it had acknowledged, as after a loss of power. */
class LostRecordsTest {

    @TempDir
    private Path folder;

    private final RecordingConsole console = new RecordingConsole();
    private @Nullable ProcessGroup broker;

    @AfterEach
    void stopBroker() {
        if (broker != null) {
            broker.stopStarted();
        }
    }

    @ParameterizedTest(name = "{0} documents of another publisher meanwhile")
    @ValueSource(ints = {0, 200})
    void whatTheBrokerLostIsLoadedAgain(int others) throws IOException {
        // Given: two files are loaded, and the broker's data are as they were after the first
        Site site = TestSites.prepared(folder.resolve("site"));
        Path corpus = Files.createDirectory(folder.resolve("corpus"));
        start(site);
        TopicSetup.createMissing(site.connection());
        write(corpus.resolve("a.jsonl"), 0, 30);
        load(site, corpus);
        stopBroker();
        copy(site.kafka(), folder.resolve("earlier"));
        start(site);
        write(corpus.resolve("b.jsonl"), 30, 80);
        load(site, corpus);
        stopBroker();
        delete(site.kafka());
        copy(folder.resolve("earlier"), site.kafka());
        start(site);
        publish(site, others);

        // When
        DocumentLoader.Result result = load(site, corpus);

        // Then
        assertThat(result).isEqualTo(new DocumentLoader.Result(50, 30, 0));
        assertThat(published(site)).hasSize(80).doesNotHaveDuplicates();
    }

    private void start(Site site) {
        broker = new ProcessGroup(site, console.console());
        broker.start(Broker.at(site, TestSites.installation()));
        broker.awaitReady("broker");
    }

    private DocumentLoader.Result load(Site site, Path corpus) {
        try (DocumentLoader loader = new DocumentLoader(site.connection(), site.dataFolder())) {
            return loader.load(DocumentSource.of(List.of(corpus)), console.console());
        }
    }

    private static void publish(Site site, int count) {
        List<Document> others = IntStream.range(0, count)
                .mapToObj(i -> new Document("other-" + i, "text " + i, "elsewhere", Map.of()))
                .toList();
        try (Publisher publisher = new Publisher(site.connection())) {
            publisher.publish(Topic.DOCUMENTS, others::forEach, seen -> {});
        }
    }

    private static void write(Path file, int from, int to) throws IOException {
        Files.writeString(
                file,
                IntStream.range(from, to)
                        .mapToObj(i -> "{\"id\": \"mine-" + i + "\", \"text\": \"text " + i + "\"}\n")
                        .collect(Collectors.joining()));
    }

    private static List<String> published(Site site) {
        List<String> ids = new ArrayList<>();
        try (TopicLog log = new TopicLog(site.connection(), List.of(Topic.DOCUMENTS.name()))) {
            log.readToEnd(record -> {
                String id = new String(record.key(), StandardCharsets.UTF_8);
                if (id.startsWith("mine")) {
                    ids.add(id);
                }
            });
        }
        return ids;
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
