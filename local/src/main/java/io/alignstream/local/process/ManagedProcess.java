package io.alignstream.local.process;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.local.site.LaunchException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** A process that runs, or ran, on behalf of a site; thread-safe. */
public final class ManagedProcess {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

    private final Path file;
    private final Memo memo;
    private final ProcessHandle handle;

    private ManagedProcess(Path file, Memo memo, ProcessHandle handle) {
        this.file = file;
        this.memo = memo;
        this.handle = handle;
    }

    /**
     * What is remembered of a process; the start time tells it from a later process with the same id.
     *
     * @param ending whether it was asked to end
     */
    record Memo(String name, long pid, long startMillis, int port, String fingerprint, boolean ending) {}

    /** Remembers {@code handle} below {@code runFolder}. */
    static ManagedProcess remember(Path runFolder, ProcessSpec spec, ProcessHandle handle) {
        Memo memo = new Memo(spec.name(), handle.pid(), startMillis(handle), spec.port(), spec.fingerprint(), false);
        Path file = runFolder.resolve(spec.name() + ".json");
        try {
            write(memo, file);
        } catch (IOException e) {
            handle.destroyForcibly();
            throw new LaunchException("Cannot write " + file + ": " + e.getMessage(), e);
        }
        return new ManagedProcess(file, memo, handle);
    }

    private static void write(Memo memo, Path file) throws IOException {
        Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
        JSON.writeValue(temporary.toFile(), memo);
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /** The process that was remembered under {@code name}, if it is still alive. */
    public static Optional<ManagedProcess> find(Path runFolder, String name) {
        Path file = runFolder.resolve(name + ".json");
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try {
            Memo memo = JSON.readValue(Files.readString(file), Memo.class);
            return ProcessHandle.of(memo.pid())
                    .filter(handle -> startMillis(handle) == memo.startMillis())
                    .map(handle -> new ManagedProcess(file, memo, handle))
                    .filter(ManagedProcess::alive);
        } catch (NoSuchFileException e) {
            return Optional.empty(); // another launcher has just stopped it
        } catch (IOException e) {
            throw new LaunchException(
                    file + " is damaged (" + e.getMessage() + "); stop " + name + " by hand and delete the file.", e);
        }
    }

    public String name() {
        return memo.name();
    }

    public long pid() {
        return memo.pid();
    }

    public int port() {
        return memo.port();
    }

    public Duration age() {
        return Duration.between(Instant.ofEpochMilli(memo.startMillis()), Instant.now());
    }

    /** Whether it was started with the command and the build of {@code spec}. */
    boolean matches(ProcessSpec spec) {
        return memo.fingerprint().equals(spec.fingerprint());
    }

    /** Whether it runs; a process that ended but was not collected by its parent counts as ended. */
    public boolean alive() {
        return handle.isAlive() && !isZombie(memo.pid());
    }

    /** Asks it to end (SIGTERM), lets other launchers know that, and returns at once. */
    void requestStop() {
        try {
            if (!isDismissed()) {
                write(
                        new Memo(memo.name(), memo.pid(), memo.startMillis(), memo.port(), memo.fingerprint(), true),
                        file);
            }
        } catch (IOException e) {
            // A full disk is no reason to leave it running: a launcher that watches it takes its end for a failure.
        }
        handle.destroy();
    }

    /** Whether a launcher, this one or another, has asked it to end, so that its end is no news. */
    boolean isDismissed() throws IOException {
        try {
            Memo now = JSON.readValue(Files.readString(file), Memo.class);
            return now.ending() || now.pid() != memo.pid() || now.startMillis() != memo.startMillis();
        } catch (NoSuchFileException e) {
            return true; // it has ended already
        }
    }

    /**
     * Waits until it has ended, after {@code grace} by force, and forgets it.
     *
     * @return whether it ended by itself
     */
    boolean awaitStop(Duration grace) {
        boolean graceful = awaitEnd(grace);
        if (!graceful) {
            handle.destroyForcibly();
            awaitEnd(Duration.ofSeconds(10));
        }
        forget();
        return graceful;
    }

    void forget() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new LaunchException("Cannot delete " + file + ": " + e.getMessage(), e);
        }
    }

    private boolean awaitEnd(Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        while (alive()) {
            long left = end - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            try {
                // Short waits: a zombie that nobody collects never completes its future.
                handle.onExit().get(Math.min(left, LOOK_AGAIN.toNanos()), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                // look again
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            } catch (ExecutionException e) {
                throw new IllegalStateException("waiting for " + name() + " failed", e);
            }
        }
        return true;
    }

    private static long startMillis(ProcessHandle handle) {
        return handle.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }

    /** Ended, not collected by its parent, and without a thread that is still letting go of files and ports. */
    private static boolean isZombie(long pid) {
        Path folder = Path.of("/proc", Long.toString(pid));
        try (Stream<Path> threads = Files.list(folder.resolve("task"))) {
            String stat = Files.readString(folder.resolve("stat"));
            return stat.startsWith("Z", stat.lastIndexOf(')') + 2) && threads.count() <= 1;
        } catch (IOException e) {
            return false; // no /proc on this system, or the process is gone
        }
    }
}
