package io.alignstream.local.pipeline;

import io.alignstream.local.site.Console;
import java.time.Duration;
import java.util.function.LongConsumer;

/** A bar for publishing one topic; for use by one thread. */
final class PublishProgress implements LongConsumer {

    private static final Duration EVERY = Duration.ofMillis(200);

    private final Console console;
    private final String topic;
    private final long total;
    private long shownAt = System.nanoTime();

    /** A bar up to {@code total} events, 0 if unknown. */
    PublishProgress(Console console, String topic, long total) {
        this.console = console;
        this.topic = topic;
        this.total = total;
    }

    @Override
    public void accept(long seen) {
        long now = System.nanoTime();
        if (console.isTerminal() && now - shownAt >= EVERY.toNanos()) {
            shownAt = now;
            console.redraw(
                    total == 0
                            ? "publishing %s: %,d".formatted(topic, seen)
                            : "publishing %s %s %,d of %,d"
                                    .formatted(topic, StageView.bar((double) seen / total), seen, total));
        }
    }
}
