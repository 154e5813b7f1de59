package io.alignstream.local.input.file;

import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongConsumer;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** A file's bytes, unpacked if its name ends in {@code .gz} or {@code .zst}. */
public final class PackedStream {

    private static final int BUFFER = 64 * 1024;

    private PackedStream() {}

    /** Opens {@code file}; {@code progress} is told of packed bytes as they are read. */
    public static InputStream open(Path file, LongConsumer progress) throws IOException {
        InputStream raw = new CountedStream(Files.newInputStream(file), progress);
        try {
            String name = file.toString();
            if (name.endsWith(".gz")) {
                return new GZIPInputStream(raw, BUFFER);
            }
            return name.endsWith(".zst")
                    ? new ZstdInputStream(new BufferedInputStream(raw, BUFFER))
                    : new BufferedInputStream(raw, BUFFER);
        } catch (IOException | RuntimeException e) {
            raw.close();
            throw e;
        }
    }

    /** Whether the bytes in {@code file} are packed. */
    public static boolean isPacked(Path file) {
        String name = file.toString();
        return name.endsWith(".gz") || name.endsWith(".zst");
    }

    /** {@code name} without the ending that says how it is packed. */
    public static String unpackedName(String name) {
        return name.endsWith(".gz")
                ? name.substring(0, name.length() - 3)
                : name.endsWith(".zst") ? name.substring(0, name.length() - 4) : name;
    }

    private static final class CountedStream extends FilterInputStream {
        private final LongConsumer progress;

        CountedStream(InputStream in, LongConsumer progress) {
            super(in);
            this.progress = progress;
        }

        @Override
        public int read() throws IOException {
            int read = super.read();
            if (read >= 0) {
                progress.accept(1);
            }
            return read;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int read = super.read(bytes, offset, length);
            if (read > 0) {
                progress.accept(read);
            }
            return read;
        }
    }

    /** Why a file's bytes cannot be read, for its owner. */
    public static String describe(IOException e) {
        if (e instanceof EOFException) {
            return "the packed file ends too early; it was cut off, copy it again";
        }
        if (e instanceof ZipException) {
            return "it is not a valid gzip file (" + e.getMessage() + "); unpack it or rename it";
        }
        if (e instanceof ZstdIOException) {
            return String.valueOf(e.getMessage()).contains("memory")
                    ? "it was packed with a longer window (zstd --long) than is read here; pack it again without that option"
                    : "it is not a valid zstd file (" + e.getMessage() + "); unpack it or rename it";
        }
        return e.getClass().getSimpleName() + (e.getMessage() == null ? "" : ": " + e.getMessage());
    }
}
