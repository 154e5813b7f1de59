package io.alignstream.tokenizer.cleaning;

import io.alignstream.textcleaning.CleaningProfile;
import io.alignstream.textcleaning.Decontamination;
import java.time.Duration;

/**
 * How the cleaning topology works.
 *
 * @param partitions of {@code documents}, and so of every topic between its steps, of which there are none with one
 * @param ends tells whether {@code documents} has been read to its end
 * @param grace a partition of {@code documents} that has been read to its end is taken to hold no document older than
 *     this: how long documents may take from their time stamp into the topic
 * @param quiet after this long without a record a partition counts as read to its end whatever {@code ends} says
 */
public record CleaningPlan(
        CleaningProfile profile,
        Decontamination decontamination,
        int partitions,
        PartitionEnds ends,
        Duration grace,
        Duration quiet) {

    /** How long a document may take from its time stamp into the topic. */
    public static final Duration GRACE = Duration.ofSeconds(5);

    /** An open transaction that nobody ends hides the end for longer than this. */
    public static final Duration QUIET = Duration.ofSeconds(30);

    /** Whether {@code documents} has been read to its end; thread-safe. */
    interface PartitionEnds {

        /**
         * Whether nothing of {@code partition} is left to read right now, false if unknown.
         *
         * @param nextOffset the offset after the last record that has been processed
         */
        boolean reached(int partition, long nextOffset);
    }

    /** Whether documents of several partitions have to be brought into one order. */
    boolean merges() {
        return partitions > 1;
    }
}
