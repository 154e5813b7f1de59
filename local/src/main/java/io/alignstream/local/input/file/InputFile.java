package io.alignstream.local.input.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file to load, on this machine or in a bucket.
 *
 * @param name path or {@code s3:} address, as it was found
 * @param bytes its size
 * @param version changes with its content: time of the last change, or the bucket's entity tag
 * @param content gives the file on this machine
 */
public record InputFile(String name, long bytes, String version, Content content) {

    /** A file's content on this machine for a while. */
    @FunctionalInterface
    public interface Content {

        /** Calls {@code reader} with a file of the same ending, which may be gone afterwards. */
        void read(Reader reader) throws IOException;
    }

    /** Takes a file. */
    @FunctionalInterface
    public interface Reader {

        void read(Path file) throws IOException;
    }

    /** A file on this machine. */
    public static InputFile of(Path file) {
        try {
            return new InputFile(
                    file.toString(),
                    Files.size(file),
                    Files.getLastModifiedTime(file).toString(),
                    reader -> reader.read(file));
        } catch (IOException e) {
            throw new InputException(file, "cannot be looked at: " + e.getMessage());
        }
    }
}
