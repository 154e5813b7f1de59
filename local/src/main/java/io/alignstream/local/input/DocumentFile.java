package io.alignstream.local.input;

import io.alignstream.local.input.file.LineReader;
import io.alignstream.local.input.file.PackedStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/**
 * A file of documents on this machine, and how it is to be read.
 *
 * @param source what its documents name as their source, unless they say otherwise
 * @param repair whether malformed UTF-8 becomes U+FFFD instead of being refused
 * @param heldOut which text is for validation
 * @param progress is told of bytes as they are read from the file
 */
record DocumentFile(Path path, String source, boolean repair, LastPart heldOut, LongConsumer progress) {

    /** Longest source. */
    static final int MAX_SOURCE = 1_000;

    /** The file at {@code path}, which was found under {@code name}. */
    static DocumentFile of(Path path, String name, boolean repair, LastPart heldOut, LongConsumer progress) {
        return new DocumentFile(path, name, repair, heldOut, progress);
    }

    /** Its bytes, unpacked. */
    InputStream open() throws IOException {
        return PackedStream.open(path, progress);
    }

    /** Its lines, unpacked. */
    LineReader lines() {
        return LineReader.open(path, repair, progress);
    }
}
