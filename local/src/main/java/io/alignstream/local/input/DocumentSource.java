package io.alignstream.local.input;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Document;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The user's documents: files and folders of {@code .txt} and {@code .jsonl}, each also as {@code .gz}; immutable.
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
            Files or folders (searched recursively) of .txt and .jsonl, also packed as .gz; UTF-8.
            .txt: one document per file; a file of more than 65,536 characters is one document per block between blank lines.
            .jsonl: one document per line, {"text": "...", "id": "...", "source": "...", "labels": {"key": "value"}}; \
            only text is required, other fields are ignored.
            A document of more than 1,000,000 characters is split between paragraphs.""";

    private static final List<String> ENDINGS = List.of(".txt", ".jsonl", ".txt.gz", ".jsonl.gz");

    private final List<Path> files;
    private final HeldOut heldOut;

    private DocumentSource(List<Path> files, HeldOut heldOut) {
        this.files = List.copyOf(files);
        this.heldOut = heldOut;
    }

    /**
     * The documents below {@code paths}: files as given, folders in the order of their files' names.
     *
     * @throws InputException if a path does not exist, a file's ending is unknown, or a folder holds no documents
     */
    public static DocumentSource of(List<Path> paths) {
        List<Path> files = new ArrayList<>();
        for (Path path : paths) {
            if (Files.isDirectory(path)) {
                files.addAll(filesBelow(path));
            } else if (!Files.isRegularFile(path)) {
                throw new InputException(path, "no such file or folder");
            } else if (!hasKnownEnding(path)) {
                throw new InputException(path, "unknown kind of file; names must end in " + String.join(", ", ENDINGS));
            } else {
                files.add(path);
            }
        }
        return new DocumentSource(files, HeldOut.BY_HASH);
    }

    /** The same files, divided into training and validation text as {@code division} says. */
    public DocumentSource heldOut(HeldOut division) {
        return new DocumentSource(files, division);
    }

    /** The files that will be read, in order. */
    public List<Path> files() {
        return files;
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
            throw new InputException(files.isEmpty() ? Path.of(".") : files.getFirst(), "holds no documents");
        }
        return count[0];
    }

    /**
     * Gives each document to {@code documents} as it is read.
     *
     * @throws InputException at the first invalid place; documents before it have been given
     */
    public void forEach(Consumer<Document> documents) {
        for (Path file : files) {
            try (LineReader lines = LineReader.open(file)) {
                if (nameOf(file).contains(".jsonl")) {
                    readJsonLines(file, lines, documents);
                } else if (heldOut.lastShare() > 0) {
                    readRunningText(file, lines, documents);
                } else {
                    readText(file, lines, documents);
                }
            }
        }
    }

    private static void readText(Path file, LineReader lines, Consumer<Document> documents) {
        TextSplitter texts = new TextSplitter(
                Document.MAX_TEXT, text -> documents.accept(document(null, text, sourceOf(file), Map.of())));
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
    private void readRunningText(Path file, LineReader lines, Consumer<Document> documents) {
        long training = heldOut.trainingCharacters(file);
        long[] characters = {0};
        String line = lines.next();
        TextSplitter texts = pieces(file, HeldOut.TRAINING, documents);
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
                texts = pieces(file, HeldOut.VALIDATION, documents);
                line = line.substring(cut);
                validation = true;
            }
            texts.line(line);
            line = lines.next();
        }
        texts.end();
    }

    private static TextSplitter pieces(Path file, Map<String, String> labels, Consumer<Document> documents) {
        return new TextSplitter(
                Document.MAX_TEXT, text -> documents.accept(document(null, text, sourceOf(file), labels)));
    }

    private static void addLine(TextSplitter texts, String line, boolean whole) {
        if (!whole && line.isBlank()) {
            texts.end();
        } else {
            texts.line(line);
        }
    }

    private static void readJsonLines(Path file, LineReader lines, Consumer<Document> documents) {
        String line;
        while ((line = lines.next()) != null) {
            if (!line.isBlank()) {
                readJson(file, lines.lineNumber(), line, documents);
            }
        }
    }

    private static void readJson(Path file, long lineNumber, String line, Consumer<Document> documents) {
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
                document = document(pieceId, pieces.get(i), source == null ? sourceOf(file) : source, labels);
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
        return new Document(id == null ? InputJson.sha256(text) : id, text, source, labels);
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

    private static List<Path> filesBelow(Path folder) {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(folder)) {
            files = walk.filter(file -> Files.isRegularFile(file) && hasKnownEnding(file))
                    .sorted()
                    .toList();
        } catch (IOException | java.io.UncheckedIOException e) {
            throw new InputException(folder, "cannot be searched: " + e.getMessage());
        }
        if (files.isEmpty()) {
            throw new InputException(folder, "holds no documents; names must end in " + String.join(", ", ENDINGS));
        }
        return files;
    }

    private static boolean hasKnownEnding(Path file) {
        String name = nameOf(file);
        return !name.startsWith(".") && ENDINGS.stream().anyMatch(name::endsWith);
    }

    private static String nameOf(Path file) {
        return String.valueOf(file.getFileName());
    }

    /** The file's name for lineage; of a very long path the end, which tells more. */
    private static String sourceOf(Path file) {
        String path = file.toString();
        return path.substring(Math.max(0, path.length() - 1_000));
    }
}
