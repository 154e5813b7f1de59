package io.alignstream.tokenizer.cleaning;

import io.alignstream.tokenizer.cleaning.Candidate.Position;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** How far each partition of {@code documents} has come, in the time of its records; for one thread. */
final class PartitionTimes {

    private final int partitions;
    private final Duration grace;
    private final Duration quiet;
    private final Map<Integer, Long> times = new HashMap<>();

    /** @param grace and {@code quiet} as in the {@link CleaningPlan} */
    PartitionTimes(int partitions, Duration grace, Duration quiet) {
        this.partitions = partitions;
        this.grace = grace;
        this.quiet = quiet;
    }

    /** Takes note that {@code partition} has come to {@code time}, in milliseconds; returns whether that is news. */
    boolean reached(int partition, long time) {
        boolean later = time > times.getOrDefault(partition, -1L);
        if (later) {
            times.put(partition, time);
        }
        return later;
    }

    /**
     * Whether every other partition has come so far that no earlier candidate than the one at {@code position} can follow.
     *
     * <p>A position in the future comes from a machine whose clock is or was wrong. The others cannot reach it before its
     * time, so it is enough that they have come to the present.
     *
     * @param now in milliseconds
     */
    boolean mayPass(Position position, long now) {
        boolean future = position.time() > now + grace.toMillis();
        long present = now - grace.plus(quiet).toMillis();
        for (int partition = 0; partition < partitions; partition++) {
            if (partition == position.partition()) {
                continue; // its own candidates come in order
            }
            long time = times.getOrDefault(partition, -1L);
            boolean past = time > position.time() || time == position.time() && partition > position.partition();
            if (!past && !(future && time >= present)) {
                return false;
            }
        }
        return true;
    }
}
