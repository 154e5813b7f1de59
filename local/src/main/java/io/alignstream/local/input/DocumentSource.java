package io.alignstream.local.input;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Document;
import io.alignstream.contracts.hash.Sha256;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The user's documents: files and folders of text, JSON lines, HTML, web archives and Parquet, here or in a bucket; for one
 * thread.
 *
 * <p>See {@link #HELP} for the rules. A document's id is the sha256 of its text unless the file gives one, so publishing
 * a file again publishes the same ids.
 *
 * <pre>{@code
 * DocumentSource source = DocumentSource.of(List.of(Path.of("corpus")));
 * long documents = source.validate();
 * source.forEach(publish);
 * }</pre>
 */
public final class DocumentSource {

    /** A text file with more characters than this is read as one document for each block between blank lines. */
    static final int WHOLE_FILE_CHARACTERS = 65_536;

    /** What the command line tells its users about the files. */
    public static final String HELP =
            """
            Files or folders (searched recursively) of .txt, .jsonl, .html, .warc and .parquet, here or at s3://BUCKET/PATH; \
            all but .parquet also packed as .gz or .zst; text in UTF-8.
            .txt: one document per file; a file of more than 65,536 characters is one document per block between blank lines.
            .jsonl: one document per line, {"text": "...", "id": "...", "source": "...", "labels": {"key": "value"}}; \
            only text is required, other fields are ignored.
            .html, .warc: one document per page, its main text. .parquet: one document per row, from the columns text, id, source.
            A document of more than 1,000,000 characters is split between paragraphs.""";

    private static final List<String> ENDINGS = List.of(".txt", ".jsonl", ".html", ".htm", ".warc", ".wet", ".parquet");

    private final List<InputFile> files;
    private final boolean repair;
    private final HeldOut heldOut;
    private final AtomicLong bytesRead = new AtomicLong();

    private DocumentSource(List<InputFile> files, boolean repair, HeldOut heldOut) {
        this.files = List.copyOf(files);
        this.repair = repair;
        this.heldOut = heldOut;
    }

    /**
     * The documents below {@code paths}: files as given, folders in the order of their files' names.
     *
     * @throws InputException if a path does not exist, a file's ending is unknown, or a folder holds no documents
     */
    public static DocumentSource of(List<Path> paths) {
        return at(paths.stream().map(Path::toString).toList(), false);
    }

    /**
     * The documents at {@code locations}: paths, {@code file:} and {@code s3:} addresses.
     *
     * @param repair whether malformed UTF-8 becomes U+FFFD instead of being refused
     * @throws InputException if a path does not exist, a file's ending is unknown, or a folder holds no documents
     */
    public static DocumentSource at(List<String> locations, boolean repair) {
        List<InputFile> files = new ArrayList<>();
        for (String location : locations) {
            if (location.startsWith("s3:")) {
                List<InputFile> found = S3Objects.below(location, DocumentSource::hasKnownEnding);
                requireSome(found, location);
                files.addAll(found);
                continue;
            }
            Path path = location.startsWith("file:") ? Path.of(java.net.URI.create(location)) : Path.of(location);
            if (Files.isDirectory(path)) {
                files.addAll(filesBelow(path));
            } else if (!Files.isRegularFile(path)) {
                throw new InputException(path, "no such file or folder");
            } else if (!hasKnownEnding(nameOf(path))) {
                throw new InputException(path, "unknown kind of file; names must end in " + endings());
            } else {
                files.add(InputFile.of(path));
            }
        }
        return new DocumentSource(files, repair, HeldOut.BY_HASH);
    }

    /** The same files, divided into training and validation text as {@code division} says. */
    public DocumentSource heldOut(HeldOut division) {
        return new DocumentSource(files, repair, division);
    }

    /** The files that will be read, in order. */
    public List<InputFile> files() {
        return files;
    }

    /** Bytes read so far, as they lie in the files. */
    public long bytesRead() {
        return bytesRead.get();
    }

    /**
     * Reads everything and keeps nothing.
     *
     * @return how many documents there are
     * @throws InputException if anything is invalid
     */
    public long validate() {
        long[] count = {0};
        forEach(document -> count[0]++);
        if (count[0] == 0) {
            throw new InputException(files.isEmpty() ? "." : files.getFirst().name(), "holds no documents");
        }
        return count[0];
    }

    /**
     * Gives each document to {@code documents} as it is read.
     *
     * @throws InputException at the first invalid place; documents before it have been given
     */
    public void forEach(Consumer<Document> documents) {
        files.forEach(file -> read(file, documents));
    }

    /**
     * Gives each document of one of the files to {@code documents} as it is read.
     *
     * @throws InputException at the first invalid place; documents before it have been given
     */
    public void read(InputFile input, Consumer<Document> documents) {
        try {
            input.content().read(file -> read(file, input.name(), documents));
        } catch (EOFException e) {
            throw new InputException(input.name(), "the file ends too early; it was cut off, copy it again");
        } catch (IOException e) {
            throw new InputException(input.name(), "cannot be read: " + e.getMessage());
        }
    }

    private void read(Path file, String name, Consumer<Document> documents) throws IOException {
        String source = name.substring(Math.max(0, name.length() - 1_000)); // of a very long path the end tells more
        switch (endingOf(name)) {
            case ".html", ".htm" -> {
                byte[] page;
                try (InputStream in = PackedStream.open(file, bytesRead::addAndGet)) {
                    page = in.readNBytes(HtmlText.MAX_BYTES + 1);
                }
                if (page.length > HtmlText.MAX_BYTES) {
                    throw new InputException(file, "the page has more than " + HtmlText.MAX_BYTES + " bytes; split it");
                }
                give(null, HtmlText.of(page, null), source, Map.of(), documents);
            }
            case ".warc", ".wet" ->
                WarcDocuments.read(
                        file, bytesRead::addAndGet, (text, labels) -> give(null, text, source, labels, documents));
            case ".parquet" -> {
                ParquetDocuments.read(file, (row, values) -> giveRow(file, row, values, source, documents));
                bytesRead.addAndGet(Files.size(file));
            }
            default -> {
                try (LineReader lines = LineReader.open(file, repair, bytesRead::addAndGet)) {
                    if (endingOf(name).equals(".jsonl")) {
                        readJsonLines(file, source, lines, documents);
                    } else if (heldOut.lastShare() > 0) {
                        readRunningText(file, source, lines, documents);
                    } else {
                        readText(source, lines, documents);
                    }
                }
            }
        }
    }

    private static void giveRow(
            Path file, long row, Map<String, String> values, String source, Consumer<Document> documents) {
        String address = values.get("url");
        Map<String, String> labels = address == null || address.length() > 1_024 ? Map.of() : Map.of("url", address);
        try {
            give(
                    values.get("id"),
                    values.getOrDefault("text", ""),
                    values.getOrDefault("source", source),
                    labels,
                    documents);
        } catch (IllegalArgumentException e) {
            throw new InputException(file, row, String.valueOf(e.getMessage()));
        }
    }

    /** Gives a text, in pieces if it is too long; a blank one is no document. */
    private static void give(
            @Nullable String id, String text, String source, Map<String, String> labels, Consumer<Document> documents) {
        if (text.isBlank()) {
            return;
        }
        List<String> pieces = text.length() <= Document.MAX_TEXT ? List.of(text) : split(text);
        for (int i = 0; i < pieces.size(); i++) {
            String pieceId = id == null || pieces.size() == 1 ? id : id + "-" + (i + 1);
            documents.accept(document(pieceId, wholeCharacters(pieces.get(i)), source, labels));
        }
    }

    /** Half a surrogate pair, which a page may hold as a character reference, cannot be written as UTF-8. */
    private static String wholeCharacters(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }

    private static void readText(String source, LineReader lines, Consumer<Document> documents) {
        TextSplitter texts =
                new TextSplitter(Document.MAX_TEXT, text -> documents.accept(document(null, text, source, Map.of())));
        // Whether the file is one document shows only at its end or once it is too long: keep its lines until then.
        List<String> head = new ArrayList<>();
        long characters = 0;
        String line;
        while (characters <= WHOLE_FILE_CHARACTERS && (line = lines.next()) != null) {
            head.add(line);
            characters += line.length() + 1L;
        }
        boolean whole = characters <= WHOLE_FILE_CHARACTERS;
        head.forEach(kept -> addLine(texts, kept, whole));
        while ((line = lines.next()) != null) {
            addLine(texts, line, false);
        }
        texts.end();
    }

    /** A text file as one running text, of which the first part is for training and the last for validation. */
    private void readRunningText(Path file, String source, LineReader lines, Consumer<Document> documents) {
        long training = heldOut.trainingCharacters(file, repair);
        long[] characters = {0};
        String line = lines.next();
        TextSplitter texts = pieces(source, HeldOut.TRAINING, documents);
        boolean validation = false;
        while (line != null) {
            long left = training - characters[0];
            characters[0] += line.length() + 1L;
            if (!validation && line.length() >= left) {
                int cut = (int) left;
                if (cut > 0 && cut < line.length() && Character.isLowSurrogate(line.charAt(cut))) {
                    cut--;
                }
                texts.line(line.substring(0, cut));
                texts.end();
                texts = pieces(source, HeldOut.VALIDATION, documents);
                line = line.substring(cut);
                validation = true;
            }
            texts.line(line);
            line = lines.next();
        }
        texts.end();
    }

    private static TextSplitter pieces(String source, Map<String, String> labels, Consumer<Document> documents) {
        return new TextSplitter(Document.MAX_TEXT, text -> documents.accept(document(null, text, source, labels)));
    }

    private static void addLine(TextSplitter texts, String line, boolean whole) {
        if (!whole && line.isBlank()) {
            texts.end();
        } else {
            texts.line(line);
        }
    }

    private static void readJsonLines(Path file, String source, LineReader lines, Consumer<Document> documents) {
        String line;
        while ((line = lines.next()) != null) {
            if (!line.isBlank()) {
                readJson(file, source, lines.lineNumber(), line, documents);
            }
        }
    }

    private static void readJson(
            Path file, String usualSource, long lineNumber, String line, Consumer<Document> documents) {
        ObjectNode json = InputJson.object(file, lineNumber, line);
        String text = string(file, lineNumber, json, "text");
        if (text == null) {
            throw new InputException(file, lineNumber, "field text is missing; write {\"text\": \"...\"}");
        }
        String id = string(file, lineNumber, json, "id");
        String source = string(file, lineNumber, json, "source");
        Map<String, String> labels = labels(file, lineNumber, json);
        List<String> pieces = text.length() <= Document.MAX_TEXT ? List.of(text) : split(text);
        for (int i = 0; i < pieces.size(); i++) {
            String pieceId = id == null || pieces.size() == 1 ? id : id + "-" + (i + 1);
            Document document;
            try {
                document = document(pieceId, pieces.get(i), source == null ? usualSource : source, labels);
            } catch (IllegalArgumentException e) {
                throw new InputException(file, lineNumber, String.valueOf(e.getMessage()));
            }
            documents.accept(document);
        }
    }

    private static List<String> split(String text) {
        List<String> pieces = new ArrayList<>();
        TextSplitter splitter = new TextSplitter(Document.MAX_TEXT, pieces::add);
        text.lines().forEach(splitter::line);
        splitter.end();
        return pieces;
    }

    private static Document document(@Nullable String id, String text, String source, Map<String, String> labels) {
        return new Document(id == null ? Sha256.hex(text) : id, text, source, labels);
    }

    private static @Nullable String string(Path file, long line, ObjectNode json, String field) {
        JsonNode value = json.get(field);
        if (value == null || value.isNull()) {
            return null;
        }
        if (!value.isTextual()) {
            throw new InputException(file, line, "field " + field + " must be a text but is " + InputJson.shown(value));
        }
        return value.textValue();
    }

    private static Map<String, String> labels(Path file, long line, ObjectNode json) {
        JsonNode value = json.get("labels");
        if (value == null || value.isNull()) {
            return Map.of();
        }
        if (!value.isObject()) {
            throw new InputException(file, line, "field labels must be an object but is " + InputJson.shown(value));
        }
        Map<String, String> labels = new HashMap<>();
        value.properties().forEach(entry -> {
            if (!entry.getValue().isTextual()) {
                throw new InputException(
                        file,
                        line,
                        "field labels." + entry.getKey() + " must be a text but is "
                                + InputJson.shown(entry.getValue()));
            }
            labels.put(entry.getKey(), entry.getValue().textValue());
        });
        return labels;
    }

    private static List<InputFile> filesBelow(Path folder) {
        List<InputFile> files;
        try (Stream<Path> walk = Files.walk(folder)) {
            files = walk.filter(file -> Files.isRegularFile(file) && hasKnownEnding(nameOf(file)))
                    .sorted()
                    .map(InputFile::of)
                    .toList();
        } catch (IOException | java.io.UncheckedIOException e) {
            throw new InputException(folder, "cannot be searched: " + e.getMessage());
        }
        requireSome(files, folder.toString());
        return files;
    }

    private static void requireSome(List<InputFile> files, String name) {
        if (files.isEmpty()) {
            throw new InputException(name, "holds no documents; names must end in " + endings());
        }
    }

    private static boolean hasKnownEnding(String path) {
        String name = path.substring(path.lastIndexOf('/') + 1);
        boolean packedParquet = name.endsWith(".parquet.gz") || name.endsWith(".parquet.zst");
        return !name.startsWith(".") && !packedParquet && ENDINGS.contains(endingOf(name));
    }

    /** The ending that tells the kind of a file, for example {@code .warc} of {@code a.warc.gz}. */
    private static String endingOf(String name) {
        String unpacked = PackedStream.unpackedName(name);
        int point = unpacked.lastIndexOf('.');
        return point < 0 ? "" : unpacked.substring(point);
    }

    private static String endings() {
        return String.join(", ", ENDINGS) + ", all but .parquet also with .gz or .zst behind";
    }

    private static String nameOf(Path file) {
        return String.valueOf(file.getFileName());
    }
}
