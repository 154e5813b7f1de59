package io.alignstream.local.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.Document;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.local.input.file.InputException;
import io.alignstream.local.input.file.LineReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DocumentSourceTest {

    @TempDir
    Path folder;

    @Test
    void aSmallTextFileIsOneDocument() throws IOException {
        // Given
        Path file = write("a.txt", "\uFEFF第一段。\r\n\r\n第二段。\n");

        // When
        List<Document> documents = read(file);

        // Then
        assertThat(documents).singleElement().satisfies(document -> {
            assertThat(document.text()).isEqualTo("第一段。\n\n第二段。");
            assertThat(document.id()).isEqualTo(Sha256.hex("第一段。\n\n第二段。"));
            assertThat(document.source()).isEqualTo(file.toString());
        });
    }

    @Test
    void aLargeTextFileIsOneDocumentPerBlock() throws IOException {
        // Given
        String block = "x".repeat(40_000);
        Path file = write("a.txt", block + "\nsecond line\n\n \n" + block + "2\n\nlast");

        // When
        List<Document> documents = read(file);

        // Then
        assertThat(documents).extracting(Document::text).containsExactly(block + "\nsecond line", block + "2", "last");
    }

    @Test
    void foldersAreReadInOrderWithPackedFilesAndWithoutOthers() throws IOException {
        // Given
        write("b/2.txt", "two");
        pack("b/1.txt.gz", "one");
        pack("c.jsonl.gz", "{\"text\":\"three\"}\n\n{\"text\":\"four\"}");
        write("b/notes.md", "not read");
        write("b/.hidden.txt", "not read");

        // When
        DocumentSource source = DocumentSource.of(List.of(folder));

        // Then
        assertThat(source.validate()).isEqualTo(4);
        assertThat(read(folder)).extracting(Document::text).containsExactly("one", "two", "three", "four");
    }

    @Test
    void jsonLinesKeepTheirIdSourceAndLabels() throws IOException {
        // Given
        Path file = write(
                "a.jsonl",
                "{\"text\":\"t\",\"id\":\"7\",\"source\":\"web\",\"labels\":{\"lang\":\"en\"},\"extra\":[1]}\n"
                        + "{\"text\":\"u\",\"id\":null}");

        // When
        List<Document> documents = read(file);

        // Then
        assertThat(documents)
                .containsExactly(
                        new Document("7", "t", "web", Map.of("lang", "en")),
                        new Document(Sha256.hex("u"), "u", file.toString(), Map.of()));
    }

    @Test
    void aTooLongDocumentIsSplitBetweenParagraphs() throws IOException {
        // Given
        String paragraph = "y".repeat(600_000);
        Path json = write("a.jsonl", "{\"id\":\"long\",\"text\":\"" + paragraph + "\\n\\n" + paragraph + "\"}");
        Path text = write("b.txt", "z".repeat(1_500_000));

        // When
        List<Document> pieces = read(json);
        List<Document> hard = read(text);

        // Then
        assertThat(pieces).extracting(Document::id).containsExactly("long-1", "long-2");
        assertThat(pieces).allSatisfy(piece -> assertThat(piece.text()).isEqualTo(paragraph));
        assertThat(hard).extracting(document -> document.text().length()).containsExactly(1_000_000, 500_000);
    }

    @Test
    void aHardCutKeepsSurrogatePairsWhole() {
        // Given
        List<String> texts = new ArrayList<>();
        TextSplitter splitter = new TextSplitter(3, texts::add);

        // When
        splitter.line("ab😀cd");
        splitter.end();

        // Then
        assertThat(texts).containsExactly("ab", "😀c", "d");
    }

    @Test
    void malformedUtf8IsNamedWithItsPosition() throws IOException {
        // Given
        Path file = folder.resolve("bad.txt");
        Files.write(file, new byte[] {'o', 'k', '\n', 'x', (byte) 0xC3, (byte) 0x28, '\n'});

        // When // Then
        assertThatThrownBy(() -> read(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("bad.txt line 2: byte 4 of the file is not valid UTF-8");
    }

    @Test
    void aLineThatIsTooLongIsRefused() throws IOException {
        // Given
        Path file = folder.resolve("long.txt");
        byte[] bytes = new byte[LineReader.MAX_LINE_BYTES + 1];
        Arrays.fill(bytes, (byte) 'a');
        Files.write(file, bytes);

        // When // Then
        assertThatThrownBy(() -> read(file)).hasMessageContaining("long.txt line 1: the line has more than 8000000");
    }

    @Test
    void wrongJsonIsNamedWithFileAndLine() throws IOException {
        // Given
        String good = "{\"text\":\"t\"}\n";

        // When // Then
        assertThatThrownBy(() -> read(write("a.jsonl", "\n{\"text\":")))
                .hasMessageContaining("a.jsonl line 2: not valid JSON: it ends before a quote or bracket is closed");
        assertThatThrownBy(() -> read(write("a.jsonl", good + "[1]\n[2]")))
                .hasMessageContaining("2 of 3 elements set aside")
                .hasMessageContaining("line 2: must be a JSON object but is [1]")
                .hasMessageContaining("line 3: must be a JSON object but is [2]");
        assertThatThrownBy(() -> read(write("a.jsonl", "{\"txt\":\"t\"}")))
                .hasMessageContaining("line 1: field text is missing");
        assertThatThrownBy(() -> read(write("a.jsonl", "{\"text\":5}")))
                .hasMessageContaining("must be a text but is 5");
        assertThatThrownBy(() -> read(write("a.jsonl", "{\"text\":\"t\",\"id\":[7]}")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("field id must be a text or a whole number but is [7]");
    }

    @Test
    void oneFaultyLineIsSetAsideAndTheOthersAreRead() throws IOException {
        // Given
        byte[] wrongBytes = {'\n', (byte) 0xFF, '\n'};
        Path file = write("a.jsonl", "{\"text\":\"first\"}");
        Files.write(file, wrongBytes, StandardOpenOption.APPEND);
        Files.writeString(file, "{\"text\":\"last\"}", StandardOpenOption.APPEND);
        List<Document> documents = new ArrayList<>();
        DocumentSource source = DocumentSource.of(List.of(file));

        // When
        source.forEach(documents::add);

        // Then
        assertThat(documents).extracting(Document::text).containsExactly("first", "last");
        assertThat(source.report().lines())
                .containsExactly(
                        "1 of 3 elements set aside:",
                        "  " + file + " line 2: byte 17 of the file is not valid UTF-8; convert the file to UTF-8");
    }

    @Test
    void oneUnreadableFileIsNamedAndTheOthersAreRead() throws IOException {
        // Given
        write("a.txt.gz", "not packed");
        write("b.txt", "read");
        write("c.md", "of another kind");
        DocumentSource source = DocumentSource.of(List.of(folder));
        List<Document> documents = new ArrayList<>();

        // When
        source.forEach(documents::add);

        // Then
        assertThat(documents).extracting(Document::text).containsExactly("read");
        assertThat(source.report().lines())
                .startsWith("passed over: 1 files of other kinds", "1 of 2 files not read to their end:");
    }

    @Test
    void aFileThatIsMostlyFaultyEndsTheReadingEarly() throws IOException {
        // Given
        Path file = write("a.jsonl", "{\"text\":\"t\"}\n".repeat(500) + "{}\n".repeat(5_000));
        DocumentSource source = DocumentSource.of(List.of(file));

        // When // Then
        assertThatThrownBy(() -> source.forEach(document -> {}))
                .hasMessageStartingWith("500 of 1,000 elements set aside, more than 10 %; correct the files");
    }

    @Test
    void whatOthersWriteMeansTheSameHere() throws IOException {
        // Given
        String longId = "https://example.org/" + "a/".repeat(200);
        Path file = write(
                "a.jsonl",
                """
                {"id": 12, "text": "number", "score": NaN}
                {"id": "LONG", "text": "long id", "labels": ["news"]}
                {"text": "labels", "labels": {"stars": 4, "nested": {"a": 1}, "none": null}, "url": "http://e.org/"}
                {"text": "half a character: \\ud83d."}
                {"text": null}
                {"text": " "}
                """
                        .replace("LONG", longId));
        DocumentSource source = DocumentSource.of(List.of(file));
        List<Document> documents = new ArrayList<>();

        // When
        source.forEach(documents::add);

        // Then
        assertThat(documents)
                .containsExactly(
                        new Document("12", "number", file.toString(), Map.of()),
                        new Document(Sha256.hex(longId), "long id", file.toString(), Map.of()),
                        new Document(
                                Sha256.hex("labels"),
                                "labels",
                                file.toString(),
                                Map.of("stars", "4", "url", "http://e.org/")),
                        new Document(
                                Sha256.hex("half a character: \uFFFD."),
                                "half a character: \uFFFD.",
                                file.toString(),
                                Map.of()));
        assertThat(source.report().lines()).containsExactly("passed over: 2 without text");
    }

    @Test
    void utf16IsNamed() throws IOException {
        // Given
        Path file = Files.write(folder.resolve("a.txt"), "text".getBytes(StandardCharsets.UTF_16));

        // When // Then
        assertThatThrownBy(() -> read(file))
                .hasMessageContaining("line 1: the text is UTF-16; convert the file to UTF-8");
    }

    @Test
    void damagedPackedFilesAreRefused() throws IOException {
        // Given
        Path whole = pack("whole.txt.gz", "text ".repeat(10_000));
        byte[] bytes = Files.readAllBytes(whole);
        Path cut = Files.write(folder.resolve("cut.txt.gz"), Arrays.copyOf(bytes, bytes.length / 2));
        Path fake = write("fake.txt.gz", "not packed");

        // When // Then
        assertThatThrownBy(() -> read(cut))
                .hasMessageContaining("cut.txt.gz line 1")
                .hasMessageContaining("too early");
        assertThatThrownBy(() -> read(fake)).hasMessageContaining("not a valid gzip file");
    }

    @Test
    void missingUnknownAndEmptyInputIsRefused() throws IOException {
        // Given
        Path other = write("a.pdf", "x");
        Path empty = Files.createDirectory(folder.resolve("empty"));
        Path blank = write("blank.txt", " \n");

        // When // Then
        assertThatThrownBy(() -> read(folder.resolve("none"))).hasMessageContaining("no such file or folder");
        assertThatThrownBy(() -> read(other)).hasMessageContaining("names must end in .txt, .jsonl");
        assertThatThrownBy(() -> read(empty)).hasMessageContaining("holds no documents");
        assertThatThrownBy(() -> DocumentSource.of(List.of(blank)).validate())
                .hasMessageContaining("holds no documents");
    }

    private static List<Document> read(Path path) {
        List<Document> documents = new ArrayList<>();
        DocumentSource.of(List.of(path)).forEach(documents::add);
        return documents;
    }

    private Path write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.resolveSibling("."));
        return Files.writeString(file, text);
    }

    private Path pack(String name, String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        Path file = folder.resolve(name);
        Files.createDirectories(file.resolveSibling("."));
        return Files.write(file, bytes.toByteArray());
    }
}
