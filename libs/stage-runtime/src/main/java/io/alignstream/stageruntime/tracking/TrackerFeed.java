package io.alignstream.stageruntime.tracking;

import io.micrometer.core.instrument.Counter;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Brings news to one tool, in their order, on a thread of its own; {@link #offer} never waits. Thread-safe.
 *
 * <p>Of a tool that is away the log says so once, and once that it is back. What waits is bounded: a step that finds no place is
 * lost and counted. Beginnings, ends and models are few and keep some places of their own.
 */
final class TrackerFeed implements AutoCloseable {

    /** News that wait, at most; some megabytes. */
    static final int MOST_WAITING = 10_000;
    /** Of these, places that no step takes. */
    static final int FOR_OTHERS = 1_000;

    private static final Logger LOG = Logger.getLogger(TrackerFeed.class);
    private static final int MOST_AT_ONCE = 500;
    private static final Duration LAST_WORDS = Duration.ofSeconds(3);

    private final Tracker tracker;
    private final Counter lost;
    private final Duration firstPause;
    private final Duration longestPause;
    private final BlockingQueue<Told> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
    private final Thread thread;
    private volatile boolean leaving;

    /** Brings news to {@code tracker}, which it closes; what is not taken is counted in {@code lost}. */
    TrackerFeed(Tracker tracker, Counter lost) {
        this(tracker, lost, Duration.ofSeconds(1), Duration.ofMinutes(1));
    }

    TrackerFeed(Tracker tracker, Counter lost, Duration firstPause, Duration longestPause) {
        this.tracker = tracker;
        this.lost = lost;
        this.firstPause = firstPause;
        this.longestPause = longestPause;
        this.thread = Thread.ofPlatform().name(tracker.name()).daemon().start(this::bring);
    }

    void offer(Told news) {
        boolean step = news instanceof Told.Step;
        if ((step && waiting.remainingCapacity() <= FOR_OTHERS) || !waiting.offer(news)) {
            lost.increment();
        }
    }

    private void bring() {
        List<Told> news = new ArrayList<>();
        try {
            while (!leaving || !waiting.isEmpty()) {
                Told first = waiting.poll(200, TimeUnit.MILLISECONDS);
                if (first != null) {
                    news.clear();
                    news.add(first);
                    waiting.drainTo(news, MOST_AT_ONCE - 1);
                    tell(news);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed: nobody waits for the rest
        } finally {
            tracker.close();
        }
    }

    private void tell(List<Told> news) throws InterruptedException {
        Duration pause = firstPause;
        boolean away = false;
        while (true) {
            try {
                tracker.tell(news);
                if (away) {
                    LOG.infof("%s takes what it is told again", tracker.name());
                }
                return;
            } catch (Tracker.RefusedException e) {
                LOG.warnf("%s does not take %d of what it is told: %s", tracker.name(), news.size(), e.getMessage());
                lost.increment(news.size());
                return;
            } catch (IOException e) {
                if (!away) {
                    LOG.warnf(
                            "%s cannot be told of runs, I try again; training goes on: %s",
                            tracker.name(), e.getMessage() == null ? e.toString() : e.getMessage());
                }
                away = true;
            } catch (RuntimeException e) {
                LOG.errorf(e, "%s is not told %d things", tracker.name(), news.size());
                lost.increment(news.size());
                return;
            }
            Thread.sleep(pause);
            pause = pause.multipliedBy(2).compareTo(longestPause) < 0 ? pause.multipliedBy(2) : longestPause;
        }
    }

    /** What waits is told within a moment, or not at all. */
    @Override
    public void close() {
        leaving = true;
        try {
            if (!thread.join(LAST_WORDS)) {
                LOG.warnf("%s was not told the last %d things", tracker.name(), waiting.size());
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
