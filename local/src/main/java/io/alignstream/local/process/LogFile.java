package io.alignstream.local.process;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** The output of one process; it grows by appending and moves to {@code NAME.1} before it gets too large. */
public final class LogFile {

    private static final long ROTATE_BYTES = 20_000_000;
    private static final int MAX_LINE_BYTES = 2_000;

    private final Path path;

    public LogFile(Path path) {
        this.path = path;
    }

    /** Makes room for a new start of the process. */
    void rotate() throws IOException {
        if (Files.isRegularFile(path) && Files.size(path) > ROTATE_BYTES) {
            Files.move(path, path.resolveSibling(path.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** Bytes written so far: the place where the next start's output begins. */
    public long size() {
        try {
            return Files.isRegularFile(path) ? Files.size(path) : 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The last lines, at most {@code count}, none from before byte {@code from}. */
    public List<String> tail(int count, long from) {
        if (!Files.isRegularFile(path)) {
            return List.of();
        }
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            long begin = Math.max(Math.min(from, file.length()), file.length() - (long) count * MAX_LINE_BYTES);
            byte[] bytes = new byte[(int) (file.length() - begin)];
            file.seek(begin);
            file.readFully(bytes);
            List<String> lines =
                    new String(bytes, StandardCharsets.UTF_8).lines().toList();
            return lines.subList(Math.max(0, lines.size() - count), lines.size());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
