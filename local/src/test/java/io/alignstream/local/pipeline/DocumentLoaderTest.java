package io.alignstream.local.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.alignstream.contracts.Topic;
import io.alignstream.local.RecordingConsole;
import io.alignstream.local.broker.SharedBroker;
import io.alignstream.local.input.DocumentSource;
import io.alignstream.local.input.file.InputException;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DocumentLoaderTest {

    @TempDir
    private Path folder;

    private final Site site = SharedBroker.site();
    private final String mine = UUID.randomUUID().toString();
    private final RecordingConsole console = new RecordingConsole();

    @Test
    void loadsEachDocumentOnce() throws IOException {
        // Given
        Path corpus = Files.createDirectories(folder.resolve("corpus"));
        write(corpus.resolve("a.jsonl"), 0, 50);
        write(corpus.resolve("b.jsonl"), 25, 75);

        // When
        DocumentLoader.Result first = load(corpus);
        DocumentLoader.Result second = load(corpus);
        write(corpus.resolve("b.jsonl"), 25, 80);
        DocumentLoader.Result third = load(corpus);

        // Then
        assertThat(first).isEqualTo(new DocumentLoader.Result(75, 25, 0));
        assertThat(second).isEqualTo(new DocumentLoader.Result(0, 0, 2));
        assertThat(third).isEqualTo(new DocumentLoader.Result(5, 50, 1));
        assertThat(published()).hasSize(80).doesNotHaveDuplicates();
    }

    @Test
    void goesOnWhereItStopped() throws IOException {
        // Given
        Path corpus = Files.createDirectories(folder.resolve("corpus"));
        write(corpus.resolve("a.jsonl"), 0, 30);
        Files.writeString(corpus.resolve("b.jsonl"), lines(30, 60) + "no JSON\n".repeat(2_000) + lines(60, 90));
        Throwable stopped = catchThrowable(() -> load(corpus));
        Files.writeString(corpus.resolve("b.jsonl"), lines(30, 90));

        // When
        DocumentLoader.Result rest = load(corpus);

        // Then
        assertThat(stopped).isInstanceOf(InputException.class).hasMessageContaining("b.jsonl line 31");
        assertThat(rest).isEqualTo(new DocumentLoader.Result(30, 30, 1));
        assertThat(published()).hasSize(90).doesNotHaveDuplicates();
    }

    @Test
    void forgetsNothingWhenItsFilesAreLostOrDamaged() throws IOException {
        // Given
        Path corpus = Files.createDirectories(folder.resolve("corpus"));
        write(corpus.resolve("a.jsonl"), 0, 20);
        load(corpus);
        Files.delete(folder.resolve("load-journal.jsonl"));
        Files.writeString(folder.resolve("published-documents.json"), "{\"topicId\":");

        // When
        DocumentLoader.Result again = load(corpus);

        // Then
        assertThat(again).isEqualTo(new DocumentLoader.Result(0, 20, 0));
        assertThat(published()).hasSize(20);
    }

    @Test
    void tellsHowLongItWillTake() {
        // When
        String line = LoadProgress.line(1_500, 25_000_000, 100_000_000, 10);

        // Then
        assertThat(line).contains("25.0 of 100.0 MB", "1,500 documents", "2.5 MB/s", "30 s left");
    }

    private DocumentLoader.Result load(Path corpus) {
        try (DocumentLoader loader = new DocumentLoader(site.connection(), folder)) {
            return loader.load(DocumentSource.of(List.of(corpus)), console.console());
        }
    }

    private void write(Path file, int from, int to) throws IOException {
        Files.writeString(file, lines(from, to));
    }

    private String lines(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(i ->
                        "{\"id\": \"" + mine + "-" + i + "\", \"text\": \"text " + i + "\", \"source\": \"here\"}\n")
                .collect(Collectors.joining());
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
