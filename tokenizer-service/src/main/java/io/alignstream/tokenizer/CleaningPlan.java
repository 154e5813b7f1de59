package io.alignstream.tokenizer;

import io.alignstream.textcleaning.CleaningProfile;
import io.alignstream.textcleaning.Decontamination;
import java.time.Duration;

/**
 * How the cleaning topology works.
 *
 * @param partitions of {@code documents}, and so of every topic between its steps, of which there are none with one
 * @param ends tells how far {@code documents} reaches
 * @param grace a partition of {@code documents} that has been read to its end is taken to hold no document older than
 *     this: how long documents may take from their time stamp into the topic
 */
record CleaningPlan(
        CleaningProfile profile, Decontamination decontamination, int partitions, PartitionEnds ends, Duration grace) {

    static final Duration GRACE = Duration.ofSeconds(5);

    /** How far a topic reaches; thread-safe. */
    interface PartitionEnds {

        /** The offset after the last record of {@code partition} right now, {@link Long#MAX_VALUE} if unknown. */
        long end(int partition);
    }

    /** Whether documents of several partitions have to be brought into one order. */
    boolean merges() {
        return partitions > 1;
    }
}
