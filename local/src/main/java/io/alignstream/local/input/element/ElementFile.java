package io.alignstream.local.input.element;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.local.input.file.InputException;
import io.alignstream.local.input.file.PackedStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file that holds JSON objects; of which kind it is, its name's ending says. Immutable.
 *
 * @param path of the file
 */
public record ElementFile(Path path) {

    /** The endings that are known, for messages. */
    public static final String ENDINGS = ".jsonl, .json, .csv or .parquet, also with .gz or .zst behind";

    /** Takes what a file holds, in its order. */
    public interface Taker {

        /** An element and where it stands, for example {@code line 7}. */
        void take(String place, ObjectNode element);

        /** What is wrong with an element that could not be read; reading goes on. */
        void setAside(InputException fault);
    }

    /** How one kind of file is read. */
    interface Kind {

        void read(Path file, Taker taker) throws IOException;
    }

    /**
     * Gives each element to {@code taker} as it is read.
     *
     * @throws InputException if there is no such file, its ending is unknown, or it cannot be read on
     */
    public void read(Taker taker) {
        Kind kind = kind();
        if (!Files.isRegularFile(path)) {
            throw new InputException(path, "no such file");
        }
        try {
            kind.read(path, taker);
        } catch (IOException e) {
            throw new InputException(path, "cannot be read: " + PackedStream.describe(e));
        }
    }

    private Kind kind() {
        String name = PackedStream.unpackedName(path.toString());
        return switch (name.substring(Math.max(0, name.lastIndexOf('.')))) {
            case ".jsonl" -> new JsonLineElements();
            case ".json" -> new JsonListElements();
            case ".csv" -> new CsvElements();
            case ".parquet" -> new ParquetElements();
            default -> throw new InputException(path, "unknown kind of file; names must end in " + ENDINGS);
        };
    }
}
