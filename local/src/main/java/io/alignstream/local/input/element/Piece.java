package io.alignstream.local.input.element;

import io.alignstream.local.input.file.LineReader;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A piece of a file that is cut byte by byte, of at most {@value LineReader#MAX_LINE_BYTES} bytes; used again and again. */
final class Piece {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private long size;

    void add(int read) {
        size++;
        if (size <= LineReader.MAX_LINE_BYTES) {
            bytes.write(read);
        }
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** The text of what was added since this was called before; null if it is none, which {@code problem} is told. */
    @Nullable
    String take(Consumer<String> problem) {
        try {
            if (size > LineReader.MAX_LINE_BYTES) {
                problem.accept("it has more than " + LineReader.MAX_LINE_BYTES + " bytes");
                return null;
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            problem.accept("it is not valid UTF-8; convert the file to UTF-8");
            return null;
        } finally {
            bytes.reset();
            size = 0;
        }
    }
}
