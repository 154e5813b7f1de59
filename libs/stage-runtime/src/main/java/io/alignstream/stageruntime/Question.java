package io.alignstream.stageruntime;

import java.util.concurrent.Callable;

/**
 * Something that a comparison needs to know and no topic says: what the store holds, how far the broker is.
 *
 * <p>It is asked on a thread of its own, before the comparison, which reads the answer from its {@link View}.
 *
 * @param <T> the answer, immutable
 */
public final class Question<T> {

    /** How long an answer holds. */
    private enum Holds {
        /** Until a job has run: only jobs change it. */
        UNTIL_THE_NEXT_JOB,
        /** For one comparison. */
        ONCE
    }

    private final Callable<T> asked;
    private final Holds holds;

    private Question(Callable<T> asked, Holds holds) {
        this.asked = asked;
        this.holds = holds;
    }

    /** A question whose answer only the stage's own jobs change. */
    public static <T> Question<T> afterJobs(Callable<T> asked) {
        return new Question<>(asked, Holds.UNTIL_THE_NEXT_JOB);
    }

    /**
     * A question of what the store holds of the stage's runs: only the stage's jobs change it, and where runs have shards other
     * workers' jobs do, too.
     *
     * @param shards of the stage's runs
     */
    public static <T> Question<T> ofRuns(Callable<T> asked, int shards) {
        return shards > 1 ? eachTime(asked) : afterJobs(asked);
    }

    /** A question that is asked before each comparison. */
    public static <T> Question<T> eachTime(Callable<T> asked) {
        return new Question<>(asked, Holds.ONCE);
    }

    /** Asks; may take a while. */
    public T ask() throws Exception {
        return asked.call();
    }

    /** Whether the answer holds for one comparison only. */
    public boolean holdsOnce() {
        return holds == Holds.ONCE;
    }
}
