package io.alignstream.languagemodel.checkpoint;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A working folder below a root that processes share: a store's, so that a finished checkpoint can be renamed into it, or one for
 * states on their way between workers.
 *
 * <p>Its owner holds a file lock, which the operating system drops when the process dies in whatever way: {@link
 * #sweep} deletes the folders whose lock is free. For one thread.
 */
public final class Scratch implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Scratch.class);
    private static final String FOLDER = ".scratch";
    private static final String LOCK = "lock";
    private static final Duration LOCKLESS_AGE = Duration.ofMinutes(10);

    // Names this process, so that it never probes its own locks: closing a second channel would drop them.
    private static final String OWNER = ProcessHandle.current().pid() + "-"
            + ProcessHandle.current()
                    .info()
                    .startInstant()
                    .map(Instant::toEpochMilli)
                    .orElse(0L) + "-";

    private final Path home;
    private final FileChannel lock;

    private Scratch(Path home, FileChannel lock) {
        this.home = home;
        this.lock = lock;
    }

    /** A new empty {@link #folder()} below {@code root}. */
    public static Scratch create(Path root) throws IOException {
        while (true) {
            Path home = root.resolve(FOLDER).resolve(OWNER + UUID.randomUUID());
            Files.createDirectories(home);
            FileChannel lock = lock(home);
            if (lock != null) {
                Scratch scratch = new Scratch(home, lock);
                Files.createDirectory(scratch.folder());
                return scratch;
            }
        }
    }

    /** Null if another process swept {@code home} away before the lock was held. */
    private static @Nullable FileChannel lock(Path home) throws IOException {
        FileChannel channel;
        try {
            channel = FileChannel.open(home.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        } catch (NoSuchFileException e) {
            return null;
        }
        try {
            channel.lock();
            if (Files.exists(home.resolve(LOCK))) {
                return channel;
            }
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        channel.close();
        return null;
    }

    /** Where its owner writes. */
    public Path folder() {
        return home.resolve("checkpoint");
    }

    /** Deletes what is left of the folder. */
    @Override
    public void close() throws IOException {
        try (lock) {
            deleteRecursively(home);
        }
    }

    /** Whether {@code folder} is the one that all working folders of a store lie in. */
    static boolean isHome(Path folder) {
        return folder.endsWith(FOLDER);
    }

    /** Deletes the scratch folders of dead processes. */
    public static void sweep(Path root) throws IOException {
        Path parent = root.resolve(FOLDER);
        if (!Files.isDirectory(parent)) {
            return;
        }
        try (DirectoryStream<Path> homes = Files.newDirectoryStream(parent)) {
            for (Path home : homes) {
                if (!home.getFileName().toString().startsWith(OWNER) && sweepOne(home)) {
                    LOG.atInfo().addKeyValue("folder", home).log("Deleted what a dead process left behind");
                }
            }
        }
    }

    private static boolean sweepOne(Path home) throws IOException {
        try (FileChannel channel = FileChannel.open(home.resolve(LOCK), StandardOpenOption.WRITE);
                FileLock free = channel.tryLock()) {
            if (free != null) {
                deleteRecursively(home);
            }
            return free != null;
        } catch (NoSuchFileException e) {
            // Its owner is about to lock it, or died before it could.
            return sweepLockless(home);
        }
    }

    private static boolean sweepLockless(Path home) throws IOException {
        try {
            Instant modified = Files.getLastModifiedTime(home).toInstant();
            // A time far ahead is that of a machine whose clock was wrong, not that of an owner at work.
            if (Duration.between(modified, Instant.now()).abs().compareTo(LOCKLESS_AGE) < 0) {
                return false;
            }
        } catch (NoSuchFileException e) {
            return false;
        }
        deleteRecursively(home);
        return true;
    }

    private static void deleteRecursively(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e) throws IOException {
                Files.deleteIfExists(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
