package io.alignstream.local.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.local.input.file.InputFile;
import io.alignstream.local.site.LaunchException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;

/**
 * Which files have been published to their end: one JSON line each, {@code load-journal.jsonl} in the data folder.
 *
 * <p>A file that has changed since counts as new, and so does one that was published in another history of the topic than
 * the {@linkplain PublishedDocuments#history present} one: what it had may be gone. For one thread.
 */
final class LoadJournal {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path journal;
    private final String history;
    private final Map<String, Entry> entries = new HashMap<>();

    /** A file whose documents were all read back from the topic. */
    private record Entry(String history, String file, long bytes, String version, long documents) {}

    LoadJournal(Path folder, String history) {
        this.journal = folder.resolve("load-journal.jsonl");
        this.history = history;
        if (!Files.isRegularFile(journal)) {
            return;
        }
        try {
            for (String line : Files.readAllLines(journal)) {
                read(line);
            }
        } catch (IOException e) {
            throw new LaunchException("Cannot read " + journal + ": " + e.getMessage(), e);
        }
    }

    private void read(String line) {
        try {
            Entry entry = JSON.readValue(line, Entry.class);
            if (entry.history().equals(history)) {
                entries.put(entry.file(), entry);
            }
        } catch (JsonProcessingException e) {
            // A line that was cut off by a kill: its file is loaded again, which publishes nothing twice.
        }
    }

    /** Whether {@code file}, as it is, has been published to its end. */
    boolean isDone(InputFile file) {
        Entry entry = entries.get(file.name());
        return entry != null && entry.bytes() == file.bytes() && entry.version().equals(file.version());
    }

    /** Writes down that all {@code documents} of {@code file} are in the topic. */
    void done(InputFile file, long documents) {
        Entry entry = new Entry(history, file.name(), file.bytes(), file.version(), documents);
        try (FileChannel out = FileChannel.open(
                journal, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
            // The line before may have been cut off.
            String line = (out.size() == 0 ? "" : "\n") + JSON.writeValueAsString(entry);
            ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
            out.force(true);
        } catch (IOException e) {
            throw new LaunchException("Cannot write " + journal + ": " + e.getMessage(), e);
        }
        entries.put(file.name(), entry);
    }
}
