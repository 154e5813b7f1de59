package io.alignstream.local.pipeline;

import io.alignstream.local.site.Console;
import java.time.Duration;
import java.util.function.LongSupplier;

/** A line that says how far a load has come and how long it will take; for one thread. */
final class LoadProgress {

    private static final Duration ON_TERMINAL = Duration.ofMillis(200);
    private static final Duration IN_LOG = Duration.ofSeconds(30);

    private final Console console;
    private final long totalBytes;
    private final LongSupplier bytesRead;
    private final long begin = System.nanoTime();
    private long shownAt = begin;

    LoadProgress(Console console, long totalBytes, LongSupplier bytesRead) {
        this.console = console;
        this.totalBytes = totalBytes;
        this.bytesRead = bytesRead;
    }

    void show(long documents) {
        long now = System.nanoTime();
        Duration every = console.isTerminal() ? ON_TERMINAL : IN_LOG;
        if (now - shownAt < every.toNanos()) {
            return;
        }
        shownAt = now;
        String line = line(documents, bytesRead.getAsLong(), totalBytes, (now - begin) / 1e9);
        if (console.isTerminal()) {
            console.redraw(line);
        } else {
            console.line(line);
        }
    }

    /** What is shown after {@code seconds}. */
    static String line(long documents, long bytes, long totalBytes, double seconds) {
        double done = totalBytes == 0 ? 1 : Math.min(1, (double) bytes / totalBytes);
        double left = done == 0 ? 0 : seconds / done - seconds;
        return "loading documents %s %.1f of %.1f MB, %,d documents, %.1f MB/s, %s left"
                .formatted(
                        StageView.bar(done),
                        bytes / 1e6,
                        totalBytes / 1e6,
                        documents,
                        seconds == 0 ? 0 : bytes / 1e6 / seconds,
                        done == 0 ? "unknown time" : duration((long) left));
    }

    private static String duration(long seconds) {
        return seconds < 120
                ? seconds + " s"
                : seconds < 7_200 ? seconds / 60 + " min" : "%d h %d min".formatted(seconds / 3_600, seconds / 60 % 60);
    }
}
