package io.alignstream.training.retention;

import java.time.Duration;

/**
 * What is kept although nothing that is served was made from it. Immutable.
 *
 * @param models newest finished models of each stage, at least 1
 * @param releases newest approved releases of each served name, which one can roll back to, with all that they were made
 *     from; at least 1
 * @param grace how long something that nobody needs stays
 * @param unfinished how long a run stays that nobody works on and that has not come to its end
 * @param records newest runs of RLHF whose sampled answers are kept
 */
public record Retention(int models, int releases, Duration grace, Duration unfinished, int records) {

    public Retention {
        require("models", models, 1);
        require("releases", releases, 1);
        require("records", records, 0);
        require("grace (seconds)", grace.toSeconds(), 0);
        require("unfinished (seconds)", unfinished.toSeconds(), 0);
    }

    private static void require(String name, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(
                    "alignstream.store.retention." + name + " is " + value + " but must be at least " + least);
        }
    }
}
