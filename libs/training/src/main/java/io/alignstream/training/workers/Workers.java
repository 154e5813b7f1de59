package io.alignstream.training.workers;

import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.network.Trainable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.function.BooleanSupplier;

/**
 * The workers of a run, seen from one of them: which shards it computes, their sum with those of the others, and what happens
 * between two generations.
 *
 * <p>All take the same steps on the same batches with the same weights and moments, so they come to the same decisions
 * without asking each other. What only one may do (own the run, store, tell and publish) is done by the one that leads. For
 * the run's thread.
 */
public interface Workers extends AutoCloseable {

    /** The workers of a run on which this process works alone. */
    static Workers alone(int shards) {
        return new LoneWorker(shards);
    }

    /** Into how many shards a batch is cut, a power of two; frozen with the run. 1: a batch stays whole. */
    int shards();

    /** The shards that this worker computes. */
    Shards own();

    /** Whether this worker leads. */
    boolean leads();

    /** Whether the others have agreed that this worker leads, so that it may take the run from whoever owned it. */
    boolean elected();

    /**
     * The sum over all shards.
     *
     * @param parts the sums of the complete subtrees of {@link #own}, from left to right; closed or given back
     * @param trained whose gradients these are
     * @return to be closed before the next sum
     * @throws WorkersChangedException if a worker has come or gone meanwhile
     */
    Gradients sum(List<Gradients> parts, Trainable trained);

    /**
     * Adds up small arrays of equal length; where each number comes from one worker and is 0 elsewhere, all have all of them
     * then. A worker that gets it knows that all others have the sum before.
     *
     * @throws WorkersChangedException if a worker has come or gone meanwhile
     */
    double[] sum(double[] numbers);

    /**
     * The shard of another worker that this one computes, too, in the next step, so that both can be compared; empty at most steps,
     * for all workers alike.
     */
    OptionalInt audited();

    /**
     * Compares what two have computed, each of them on its own machine; what differs is told by {@link #disagreements}.
     *
     * @param own hash of the gradients of the first of the own shards
     * @param others hash of the gradients of the {@link #audited} one
     * @throws WorkersChangedException if a worker has come or gone meanwhile
     */
    void audit(String own, String others);

    /** Workers that have come to different bits from the same step and shard, since this was asked last; the same at all of them. */
    List<Disagreement> disagreements();

    /** Whether this worker has waited for a place while others worked on the run. */
    boolean stoodBy();

    /** Whether a worker has come or gone, so that all meet before the next step; the same for all of them. */
    boolean changed();

    /**
     * Meets the others: waits for a generation with a place for this worker, and settles who leads, the one that is furthest
     * and has led.
     *
     * @param mine how far this worker's state is
     * @param stop whether to give up waiting
     * @return false if {@code stop} said so
     * @throws WorkerRefusedException if this process may not be a worker of the run
     */
    boolean meet(Standing mine, BooleanSupplier stop);

    /**
     * Brings those that are behind to the leader's state, and tells all of it.
     *
     * @param state how far it is
     * @param content writes it into a folder; asked only where somebody is behind
     * @throws WorkersChangedException if a worker has come or gone meanwhile
     */
    void lead(Handover state, Content content) throws IOException;

    /**
     * Waits for the leader's state.
     *
     * @param mine how far this worker's state is
     * @param folder empty, where the leader's state is put if this worker is behind
     * @param stop whether to give up waiting
     * @return empty if {@code stop} said so
     * @throws WorkersChangedException if a worker has come or gone meanwhile
     */
    Optional<Handover> follow(Standing mine, Path folder, BooleanSupplier stop) throws IOException;

    /**
     * What the leader says, at all workers: what it did that the others must know.
     *
     * @param text only the leader's counts
     * @throws WorkersChangedException if a worker has come or gone meanwhile
     */
    String tell(String text);

    /** The run's steps are done: what is left is its result, which newcomers do not delay. */
    void ending();

    /**
     * The run is over: a follower waits until the leader has published the result and says so by calling it, too.
     *
     * @throws WorkersChangedException if a worker has come or gone meanwhile
     */
    void dismiss();

    /**
     * How the workers' last step went, for people: their number, what went between them and how long that took, how often they
     * have met again. Nothing where one works alone.
     *
     * @param seconds that it took
     * @param steps that were taken with one exchange: 1, or those of a round of local SGD
     */
    SequencedMap<String, Double> figures(double seconds, long steps);

    /** Who has come and gone since this was asked last; of the workers that take {@code step} next. */
    Optional<Reason> news(long step);

    /** Leaves. */
    @Override
    void close();

    /** Writes a state. */
    @FunctionalInterface
    interface Content {
        void write(Path folder) throws IOException;
    }
}
