package io.alignstream.benchmarks.ownmodel;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Watches what this process and its descendants have resident together, twice a second; thread-safe. */
final class ResidentMemory implements AutoCloseable {

    private static final Pattern RESIDENT = Pattern.compile("(?m)^VmRSS:\\s+(\\d+) kB$");

    private final AtomicLong peak = new AtomicLong();
    private final Thread watcher =
            Thread.ofPlatform().daemon().name("resident-memory").start(this::watch);

    /** The most so far, in bytes. */
    long peak() {
        return peak.get();
    }

    private void watch() {
        try {
            while (true) {
                long bytes = Stream.concat(
                                Stream.of(ProcessHandle.current()),
                                ProcessHandle.current().descendants())
                        .mapToLong(process -> resident(process.pid()))
                        .sum();
                peak.accumulateAndGet(bytes, Math::max);
                Thread.sleep(500);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        }
    }

    private static long resident(long pid) {
        try {
            Matcher found =
                    RESIDENT.matcher(Files.readString(Path.of("/proc/" + pid + "/status"), StandardCharsets.US_ASCII));
            return found.find() ? Long.parseLong(found.group(1)) << 10 : 0;
        } catch (IOException e) {
            return 0; // it has ended, or the system does not tell
        }
    }

    @Override
    public void close() {
        watcher.interrupt();
    }
}
