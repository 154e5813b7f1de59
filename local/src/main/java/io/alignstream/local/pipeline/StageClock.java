package io.alignstream.local.pipeline;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How long the runs of one stage worked and how much they got through, from their progress events; not thread-safe.
 *
 * <p>A pause of more than a minute between two events of a run (the service was stopped) does not count.
 */
public final class StageClock {

    static final long MAX_GAP_MILLIS = 60_000;

    private final Map<String, Work> runs = new LinkedHashMap<>();

    private static final class Work {
        private long lastMillis;
        private double seconds;
        private double tokens;
        private double episodes;
    }

    /** An event of {@code run} at {@code millis} with its metrics. */
    void tick(String run, long millis, Map<String, Double> metrics) {
        Work work = runs.get(run);
        if (work == null) {
            work = new Work();
            work.lastMillis = millis;
            runs.put(run, work);
        }
        double passed = Math.max(0, millis - work.lastMillis) / 1000.0;
        if (passed * 1000 <= MAX_GAP_MILLIS) {
            work.seconds += passed;
            work.tokens += passed * metrics.getOrDefault("tokensPerSecond", 0.0);
            work.episodes += passed * metrics.getOrDefault("episodesPerSecond", 0.0);
        }
        work.lastMillis = millis;
    }

    /** Seconds that {@code run} worked until it delivered at {@code deliveredMillis}; 0 if nothing is known. */
    public double seconds(String run, long deliveredMillis) {
        Work work = runs.get(run);
        if (work == null) {
            return 0;
        }
        long tail = deliveredMillis - work.lastMillis;
        return work.seconds + (tail > 0 && tail <= MAX_GAP_MILLIS ? tail / 1000.0 : 0);
    }

    /** Tokens that {@code run} got through by its reported speed; 0 if it reported none. */
    public long tokens(String run) {
        Work work = runs.get(run);
        return work == null ? 0 : Math.round(work.tokens);
    }

    /** Episodes that {@code run} got through by its reported speed; 0 if it reported none. */
    public long episodes(String run) {
        Work work = runs.get(run);
        return work == null ? 0 : Math.round(work.episodes);
    }
}
