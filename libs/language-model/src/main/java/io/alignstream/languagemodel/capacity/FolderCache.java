package io.alignstream.languagemodel.capacity;

import java.io.IOException;
import java.lang.ref.Cleaner;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Folders of copies that have a bound together: the one that was asked for longest ago goes first, and none that is in use.
 *
 * <p>A folder is in use as long as some process holds a {@link Path} that {@link #use} has given it and that is reachable,
 * known to others by a file lock, which the operating system drops when the process dies; and for a while after it was asked
 * for last, since paths below it say nothing. What is mapped into memory stays readable when it goes. Thread-safe.
 */
public final class FolderCache {

    /** No bound. */
    public static final long UNBOUNDED = 0;

    /** So long after it was asked for last a folder stays in any case. */
    static final Duration FRESH = Duration.ofMinutes(10);

    private static final Logger LOG = LoggerFactory.getLogger(FolderCache.class);
    private static final Cleaner CLEANER = Cleaner.create();
    private static final String LOCKS = ".in-use";

    /** Of this process, whichever cache they are of: a second channel on a file would drop the lock of the first. */
    private static final Map<Path, Use> USES = new HashMap<>();

    private final Path root;
    private final long bound;
    private final Duration fresh;
    private final Predicate<Path> kind;

    /** The lock of a folder that is in use here, and how often it is. */
    private static final class Use {
        private final FileChannel channel;
        private int count = 1;

        Use(FileChannel channel) {
            this.channel = channel;
        }
    }

    /**
     * The folders below {@code root} that are of a {@code kind}.
     *
     * @param bound most bytes, or {@link #UNBOUNDED}
     * @param kind tells, of a path relative to the root, whether it is a folder of copies
     */
    public FolderCache(Path root, long bound, Predicate<Path> kind) {
        this(root, bound, kind, FRESH);
    }

    FolderCache(Path root, long bound, Predicate<Path> kind, Duration fresh) {
        if (bound < 0) {
            throw new IllegalArgumentException("the bound of the cache is " + bound + " bytes but must be at least 0");
        }
        this.root = root;
        this.bound = bound;
        this.kind = kind;
        this.fresh = fresh;
    }

    /** Says that {@code folder} is in use from now on, until the path that is returned is reachable no more. */
    public Path use(Path folder) throws IOException {
        Path lock = lock(folder);
        synchronized (USES) {
            Use use = USES.get(lock);
            if (use == null) {
                Files.createDirectories(root.resolve(LOCKS));
                FileChannel channel = FileChannel.open(
                        lock, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
                channel.lock(0, Long.MAX_VALUE, true); // shared: others may use it, too
                USES.put(lock, new Use(channel));
            } else {
                use.count++;
            }
        }
        Path held = folder.getFileSystem().getPath(folder.toString()); // nobody else's
        CLEANER.register(held, () -> release(lock));
        Files.setLastModifiedTime(folder, FileTime.from(Instant.now()));
        return held;
    }

    private static void release(Path lock) {
        synchronized (USES) {
            Use use = USES.get(lock);
            if (use != null && --use.count == 0) {
                USES.remove(lock);
                try {
                    use.channel.close();
                } catch (IOException e) {
                    LOG.atDebug().addKeyValue("lock", lock).log("Cannot close a lock", e);
                }
            }
        }
    }

    /** Whether this process uses the folder. */
    public boolean inUse(Path folder) {
        synchronized (USES) {
            return USES.containsKey(lock(folder));
        }
    }

    /** Deletes folders until {@code coming} bytes more fit, as far as those that are not in use go. */
    public void makeRoom(long coming) throws IOException {
        if (bound == UNBOUNDED) {
            return;
        }
        List<Copy> copies = copies();
        long held = copies.stream().mapToLong(Copy::bytes).sum();
        for (Copy copy : copies) {
            if (held + coming <= bound) {
                return;
            }
            if (evict(copy)) {
                held -= copy.bytes();
            }
        }
        if (held + coming > bound) {
            LOG.atWarn()
                    .addKeyValue("cache", root)
                    .addKeyValue("held", Capacity.text(held))
                    .addKeyValue("coming", Capacity.text(coming))
                    .addKeyValue("bound", Capacity.text(bound))
                    .log("What is in use is more than the cache should hold");
        }
    }

    /**
     * A folder of copies.
     *
     * @param asked when it was asked for last
     */
    private record Copy(Path folder, long bytes, Instant asked) {}

    /** The one that was asked for longest ago first. */
    private List<Copy> copies() throws IOException {
        List<Copy> copies = new ArrayList<>();
        Files.walkFileTree(root, new Visitor() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
                if (kind.test(root.relativize(folder))) {
                    copies.add(new Copy(
                            folder, bytes(folder), attributes.lastModifiedTime().toInstant()));
                    return FileVisitResult.SKIP_SUBTREE;
                }
                return FileVisitResult.CONTINUE;
            }
        });
        copies.sort(Comparator.comparing(Copy::asked));
        return copies;
    }

    private boolean evict(Copy copy) throws IOException {
        if (copy.asked().plus(fresh).isAfter(Instant.now())) {
            return false;
        }
        Path lock = lock(copy.folder());
        synchronized (USES) {
            if (USES.containsKey(lock)) {
                return false;
            }
            Files.createDirectories(root.resolve(LOCKS));
            try (FileChannel channel = FileChannel.open(
                            lock, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
                    @Nullable FileLock free = channel.tryLock()) {
                if (free == null) {
                    return false;
                }
                delete(copy.folder());
                LOG.atInfo().addKeyValue("copy", copy.folder()).log("Made room in the cache");
                return true;
            }
        }
    }

    /** The locks stay when the folders go: who waits for a lock on a file that was deleted holds nothing. */
    private Path lock(Path folder) {
        return root.resolve(LOCKS)
                .resolve(root.relativize(folder).toString().replace('/', '~'))
                .toAbsolutePath()
                .normalize();
    }

    /** Bytes of the files below {@code folder}. */
    public static long bytes(Path folder) throws IOException {
        long[] sum = new long[1];
        Files.walkFileTree(folder, new Visitor() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                sum[0] += attributes.size();
                return FileVisitResult.CONTINUE;
            }
        });
        return sum[0];
    }

    /** Deletes {@code folder} with what is in it, or what is left of it. */
    public static void delete(Path folder) throws IOException {
        Files.walkFileTree(folder, new Visitor() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e) throws IOException {
                Files.deleteIfExists(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** Others delete, too, at the same time. */
    private static class Visitor extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw e;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e) throws IOException {
            if (e == null || e instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw e;
        }
    }
}
