package io.alignstream.local.input;

import io.alignstream.contracts.Document;
import io.alignstream.local.input.file.InputException;
import io.alignstream.local.input.file.InputFile;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;

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

    /** What the command line tells its users about the files. */
    public static final String HELP =
            """
            Files or folders (searched recursively) of .txt, .jsonl, .html, .warc and .parquet, here or at s3://BUCKET/PATH; \
            all but .parquet also packed as .gz or .zst; text in UTF-8.
            .txt: one document per file; a file of more than 65,536 characters is one document per block between blank lines.
            .jsonl: one document per line, {"text": "...", "id": "...", "source": "...", "labels": {"key": "value"}}; \
            only text is required, other fields are ignored.
            .html, .warc: one document per page, its main text. .parquet: one document per row, from the columns text, id, \
            source, url.
            What is faulty is set aside and counted; above a share the load ends.
            A document of more than 1,000,000 characters is split between paragraphs.""";

    private final List<InputFile> files;
    private final boolean repair;
    private final LastPart heldOut;
    private final InputReport report;
    private final AtomicLong bytesRead = new AtomicLong();

    private DocumentSource(List<InputFile> files, boolean repair, LastPart heldOut, InputReport report) {
        this.files = List.copyOf(files);
        this.repair = repair;
        this.heldOut = heldOut;
        this.report = report;
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
     * @param repair whether malformed UTF-8 becomes U+FFFD instead of being set aside
     * @throws InputException if a path does not exist, a file's ending is unknown, or a folder holds no documents
     */
    public static DocumentSource at(List<String> locations, boolean repair) {
        return at(locations, repair, InputReport.MOST_SET_ASIDE);
    }

    /**
     * The documents at {@code locations}: paths, {@code file:} and {@code s3:} addresses.
     *
     * @param repair whether malformed UTF-8 becomes U+FFFD instead of being set aside
     * @param mostSetAside share of elements and of files that may be faulty, 0 to 1
     * @throws InputException if a path does not exist, a file's ending is unknown, or a folder holds no documents
     */
    public static DocumentSource at(List<String> locations, boolean repair, double mostSetAside) {
        InputReport report = new InputReport(mostSetAside, InputReport.WAY_OUT);
        return new DocumentSource(DocumentFiles.at(locations, report), repair, LastPart.BY_HASH, report);
    }

    /** The same files, divided into training and validation text as {@code division} says. */
    public DocumentSource heldOut(LastPart division) {
        return new DocumentSource(files, repair, division, report);
    }

    /** The files that will be read, in order. */
    public List<InputFile> files() {
        return files;
    }

    /** What was passed over and set aside since reading began. */
    public InputReport report() {
        return report;
    }

    /** Bytes read so far, as they lie in the files. */
    public long bytesRead() {
        return bytesRead.get();
    }

    /**
     * Reads everything and keeps nothing.
     *
     * @return how many documents there are
     * @throws InputException if there are no documents, or too much is faulty
     */
    public long validate() {
        long[] count = {0};
        forEach(document -> count[0]++);
        if (count[0] == 0) {
            throw new InputException(
                    files.isEmpty() ? "." : files.getFirst().name(),
                    "holds no documents" + report.lines().stream().collect(Collectors.joining("; ", "; ", "")));
        }
        return count[0];
    }

    /**
     * Gives each document to {@code documents} as it is read.
     *
     * @throws InputException if too much is faulty; the other documents have been given
     */
    public void forEach(Consumer<Document> documents) {
        report.clear();
        files.forEach(file -> read(file, documents));
        requireMost();
    }

    /**
     * Ends a reading file by file.
     *
     * @throws InputException if too much was faulty
     */
    public void requireMost() {
        report.requireMost();
    }

    /**
     * Gives each document of one of the files to {@code documents} as it is read.
     *
     * @return whether it could be read to its end; if not, the report says why
     * @throws InputException if too much is faulty; documents before have been given
     */
    public boolean read(InputFile input, Consumer<Document> documents) {
        DocumentFormat format = DocumentFormat.of(input.name()).orElseThrow();
        report.file();
        InputException fault;
        try {
            input.content()
                    .read(path -> format.read(
                            DocumentFile.of(path, input.name(), repair, heldOut, bytesRead::addAndGet),
                            new Elements(report, documents)));
            return true;
        } catch (Elements.TakerException e) {
            throw e.failure();
        } catch (InputException e) {
            if (report.tooMuchAtOnce()) {
                throw e;
            }
            fault = e;
        } catch (EOFException e) {
            fault = new InputException(input.name(), "the file ends too early; it was cut off, copy it again");
        } catch (IOException e) {
            fault = new InputException(input.name(), "cannot be read: " + e.getMessage());
        } catch (RuntimeException | LinkageError | StackOverflowError e) {
            // Libraries say by any of them that a file is not as they expect, or that they lack a part to read it.
            fault = new InputException(input.name(), "cannot be read: " + e);
        }
        report.unreadFile(fault);
        return false;
    }
}
