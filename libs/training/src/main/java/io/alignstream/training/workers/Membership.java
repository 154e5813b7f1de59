package io.alignstream.training.workers;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/** This process's place among the workers of one run, from when it is opened until it is closed; thread-safe. */
public interface Membership extends AutoCloseable {

    /**
     * The newest generation that this process knows of, once its number is above {@code number}.
     *
     * @param number of the generation that is over; -1 for the first
     * @param most how long to wait
     * @return empty if there is none in that time
     * @throws WorkerRefusedException if this process may not be a worker of the run
     */
    Optional<Generation> next(long number, Duration most) throws InterruptedException;

    /** Whether a generation above {@code number} is known. */
    boolean knowsAfter(long number);

    /** Who is told of each new generation as soon as it is known, on a thread of the membership's; one listener. */
    void onGeneration(Consumer<Generation> listener);

    /** Says that a member's process is gone for sure, so that a generation without it comes at once. */
    void lost(Member member);

    /** Leaves: a generation without this process comes at once. */
    @Override
    void close();
}
