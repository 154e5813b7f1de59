package io.alignstream.languagemodel.exchange;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a file or folder for people so that it is there as a whole or not at all, whenever the process is killed.
 *
 * <p>It is written beside its place, under a hidden name, and moved there. What a killed process left under that name is
 * deleted first, what a failed one wrote at once. Whoever writes holds a lock on a file beside it, which the operating system
 * drops when the process dies: of several at a time that write the same target, the others fail before they write anything.
 */
public final class AtomicWrite {

    private static final Logger LOG = LoggerFactory.getLogger(AtomicWrite.class);

    private AtomicWrite() {}

    /** Writes what shall be there. */
    @FunctionalInterface
    public interface Writer {

        /** @param unfinished where to write it; nothing is there, the folder around it is */
        void write(Path unfinished) throws IOException;
    }

    /**
     * Makes a new file or folder, and the folders around it.
     *
     * @throws FileAlreadyExistsException if {@code target} exists
     * @throws IOException if it cannot be written, or somebody else is just writing it
     */
    public static void create(Path target, Writer writer) throws IOException {
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileAlreadyExistsException(target.toString(), null, "exists already; choose another name");
        }
        write(target, writer);
    }

    /**
     * Makes a file, or puts it in the place of an older one.
     *
     * @throws IOException if it cannot be written, or somebody else is just writing it
     */
    public static void replace(Path target, Writer writer) throws IOException {
        write(target, writer, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void write(Path target, Writer writer, StandardCopyOption... options) throws IOException {
        Path complete = target.toAbsolutePath();
        Path unfinished = complete.resolveSibling("." + complete.getFileName() + ".unfinished");
        Files.createDirectories(complete.resolveSibling("."));
        try (Turn turn = Turn.take(complete)) {
            delete(unfinished);
            try {
                writer.write(unfinished);
                Files.move(unfinished, complete, options);
            } finally {
                delete(unfinished);
            }
        }
    }

    /** Whose turn it is to write a target: whoever holds the lock on the file beside it that is there then. */
    private record Turn(Path target, Path file, FileChannel channel) implements AutoCloseable {

        /** Those of this process: to close a second channel would drop the lock of the first. */
        private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

        static Turn take(Path target) throws IOException {
            if (!OWN.add(target)) {
                throw taken(target);
            }
            try {
                Path file = target.resolveSibling("." + target.getFileName() + ".lock");
                return new Turn(target, file, locked(file, target));
            } catch (IOException | RuntimeException e) {
                OWN.remove(target);
                throw e;
            }
        }

        private static FileChannel locked(Path file, Path target) throws IOException {
            while (true) {
                FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                try {
                    if (!isLocked(channel)) {
                        throw taken(target);
                    }
                    if (isAt(file, channel)) {
                        return channel;
                    }
                } catch (IOException | RuntimeException e) {
                    channel.close();
                    throw e;
                }
                channel.close();
            }
        }

        private static boolean isLocked(FileChannel channel) {
            return AtomicWrite.isLocked(channel::tryLock);
        }

        /** False if the writer before has deleted the file since it was opened. */
        private static boolean isAt(Path file, FileChannel channel) throws IOException {
            byte[] mark = UUID.randomUUID().toString().getBytes(StandardCharsets.US_ASCII);
            channel.truncate(0);
            channel.write(ByteBuffer.wrap(mark), 0);
            try {
                return Arrays.equals(mark, Files.readAllBytes(file));
            } catch (NoSuchFileException e) {
                return false;
            }
        }

        private static IOException taken(Path target) {
            return new FileSystemException(
                    target.toString(), null, "somebody else is just writing it; wait, or choose another name");
        }

        @Override
        public void close() throws IOException {
            try (channel) {
                Files.deleteIfExists(file);
            } finally {
                OWN.remove(target);
            }
        }
    }

    /** Asks a file system for the lock of a file. */
    @FunctionalInterface
    interface Locking {

        /** Null if another process has it. */
        @Nullable
        FileLock tryLock() throws IOException;
    }

    /** A file system without locks, as some networks have, keeps writers of other processes apart by nothing. */
    static boolean isLocked(Locking file) {
        try {
            return file.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false; // this process writes it, under another spelling of its name
        } catch (IOException e) {
            LOG.warn("Files here cannot be locked ({}): nobody else may write the same one", e.getMessage());
            return true;
        }
    }

    private static void delete(Path unfinished) throws IOException {
        if (!Files.exists(unfinished, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        List<Path> deepestFirst;
        try (Stream<Path> all = Files.walk(unfinished)) {
            deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : deepestFirst) {
            Files.delete(path);
        }
    }
}
