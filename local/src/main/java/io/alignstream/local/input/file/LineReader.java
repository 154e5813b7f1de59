package io.alignstream.local.input.file;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Lines of a UTF-8 file, unpacked if its name ends in {@code .gz} or {@code .zst}, not thread-safe.
 *
 * <p>A line ends with LF or CRLF; a byte order mark at the beginning is skipped. Malformed bytes and lines of more than
 * {@value #MAX_LINE_BYTES} bytes are refused with their position.
 */
public final class LineReader implements Closeable {

    /** Longest line. */
    public static final int MAX_LINE_BYTES = 8_000_000;

    private static final int BUFFER = 64 * 1024;

    private final Path file;
    private final InputStream in;
    private final byte[] buffer = new byte[BUFFER];
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private final CharsetDecoder decoder;
    private int next;
    private int limit;
    private long lineNumber;
    private long lineStart;
    private long length;
    private long consumed;

    private LineReader(Path file, InputStream in, boolean repair) {
        this.file = file;
        this.in = in;
        CodingErrorAction action = repair ? CodingErrorAction.REPLACE : CodingErrorAction.REPORT;
        decoder = StandardCharsets.UTF_8.newDecoder().onMalformedInput(action).onUnmappableCharacter(action);
    }

    /** Opens {@code file}, whose malformed bytes are refused. */
    public static LineReader open(Path file) {
        return open(file, false, read -> {});
    }

    /**
     * Opens {@code file}.
     *
     * @param repair whether malformed bytes become U+FFFD instead of being refused
     * @param progress is told of bytes as they are read from the file
     */
    public static LineReader open(Path file, boolean repair, LongConsumer progress) {
        try {
            return new LineReader(file, PackedStream.open(file, progress), repair);
        } catch (NoSuchFileException e) {
            throw new InputException(file, "no such file");
        } catch (IOException e) {
            throw new InputException(file, "cannot be opened: " + PackedStream.describe(e));
        }
    }

    /** Number of the line that {@link #next} gave last, from 1. */
    public long lineNumber() {
        return lineNumber;
    }

    /**
     * The next line without its end, or null after the last one.
     *
     * @throws InputException if the line is faulty, or the file cannot be read on
     */
    @Nullable
    public String next() {
        return next(fault -> {
            throw fault;
        });
    }

    /**
     * The next line that is not faulty, without its end, or null after the last one.
     *
     * @param faults takes what is wrong with the lines before it
     * @throws InputException if the file cannot be read on
     */
    @Nullable
    public String next(Consumer<InputException> faults) {
        while (readLine()) {
            try {
                return decode();
            } catch (LineException e) {
                faults.accept(new InputException(file, lineNumber, String.valueOf(e.getMessage())));
            }
        }
        return null;
    }

    /** Whether there was one more line. */
    private boolean readLine() {
        line.reset();
        length = 0;
        lineNumber++;
        lineStart = consumed;
        while (next < limit || fill()) {
            int end = next;
            while (end < limit && buffer[end] != '\n') {
                end++;
            }
            keep(end - next);
            if (end < limit) {
                next = end + 1;
                consumed++;
                return true;
            }
        }
        return length > 0;
    }

    /** What is wrong with one line. */
    private static final class LineException extends Exception {

        private static final long serialVersionUID = 1L;

        LineException(String message) {
            super(message);
        }
    }

    @Override
    public void close() {
        closeQuietly(in);
    }

    private void keep(int count) {
        length += count;
        if (length <= MAX_LINE_BYTES) {
            line.write(buffer, next, count);
        }
        next += count;
        consumed += count;
    }

    private boolean fill() {
        try {
            next = 0;
            limit = Math.max(0, in.read(buffer));
            return limit > 0;
        } catch (IOException e) {
            throw new InputException(file, lineNumber, "cannot be read on: " + PackedStream.describe(e));
        }
    }

    private String decode() throws LineException {
        if (length > MAX_LINE_BYTES) {
            throw new LineException("the line has more than " + MAX_LINE_BYTES + " bytes; break it into several");
        }
        ByteBuffer bytes = ByteBuffer.wrap(line.toByteArray());
        if (lineStart == 0 && startsWithByteOrderMark(bytes)) {
            bytes.position(3);
        }
        CharBuffer text = CharBuffer.allocate(bytes.remaining());
        CoderResult result = decoder.reset().decode(bytes, text, true);
        if (result.isError()) {
            if (lineNumber == 1 && startsAsUtf16(bytes)) {
                throw new LineException("the text is UTF-16; convert the file to UTF-8");
            }
            throw new LineException("byte " + (lineStart + bytes.position()) + " of the "
                    + (PackedStream.isPacked(file) ? "unpacked text" : "file")
                    + " is not valid UTF-8; convert the file to UTF-8");
        }
        text.flip();
        int length = text.length();
        return text.subSequence(0, length > 0 && text.charAt(length - 1) == '\r' ? length - 1 : length)
                .toString();
    }

    private static boolean startsAsUtf16(ByteBuffer bytes) {
        int mark = bytes.limit() < 2 ? 0 : (bytes.get(0) & 0xFF) << 8 | bytes.get(1) & 0xFF;
        return mark == 0xFFFE || mark == 0xFEFF;
    }

    private static boolean startsWithByteOrderMark(ByteBuffer bytes) {
        return bytes.remaining() >= 3
                && bytes.get(0) == (byte) 0xEF
                && bytes.get(1) == (byte) 0xBB
                && bytes.get(2) == (byte) 0xBF;
    }

    private static void closeQuietly(@Nullable InputStream in) {
        if (in != null) {
            try {
                in.close();
            } catch (IOException e) {
                // Nothing was written, so nothing can be lost: reading has succeeded or has failed with its own
                // message.
            }
        }
    }
}
