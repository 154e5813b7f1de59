package io.alignstream.contracts.metrics;

import java.util.Arrays;
import java.util.List;

/** Upper bounds of a histogram's buckets, rising; those of answers are vLLM's, so that its dashboards and ours compare. */
public enum Buckets {
    /** Seconds to a first token. */
    FIRST_TOKEN(
            0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640,
            2_560),
    /** Seconds for one token; its first bounds are those of models small enough for a processor. */
    ONE_TOKEN(
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20,
            40, 80),
    /** Seconds for a request, or for a part of it. */
    REQUEST(
            0.01, 0.05, 0.1, 0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1_920,
            7_680),
    /** Tokens of a prompt or of an answer. */
    TOKENS(1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000),
    /** Seconds from an event's publication to its use: milliseconds to a day. */
    AGE(0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 21_600, 86_400),
    /** Seconds of a job: a second to a week. */
    JOB(1, 5, 15, 60, 300, 900, 3_600, 14_400, 43_200, 86_400, 604_800),
    /** Seconds for writing a checkpoint: milliseconds on a laptop's disk to many minutes into a bucket. */
    SAVE(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900);

    private final double[] bounds;

    Buckets(double... bounds) {
        this.bounds = bounds;
    }

    /** The bounds; the last bucket has none. */
    public List<Double> bounds() {
        return Arrays.stream(bounds).boxed().toList();
    }
}
