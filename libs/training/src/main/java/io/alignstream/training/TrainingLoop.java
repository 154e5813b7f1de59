package io.alignstream.training;

import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.training.samples.SampleSettings;
import io.alignstream.training.samples.SampleWriter;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * An algorithm that trains, one step at a time: it knows its mathematics and its data and nothing else.
 *
 * <p>When to save, where to resume, what to do about a failure and what happens with the result is a {@link Trainer}'s
 * business. What a loop tells is its whole state: one that is resumed from it takes the very steps that the other would have
 * taken. For one thread.
 */
public interface TrainingLoop extends AutoCloseable {

    /** Steps done since the beginning of the run. */
    long done();

    /** Steps of the whole run. */
    long total();

    /** Whether nothing is left to do; an algorithm may have reasons to end early. */
    default boolean finished() {
        return done() >= total();
    }

    /** What a step is a step of, on charts. */
    default String phase() {
        return "train";
    }

    /** Takes the next step, or the next few that only count together: {@link #done} says how many. */
    Step step() throws IOException;

    /** Measures what the last step is to be measured by, on data that is never learned from; nothing at most steps. */
    default Evaluation evaluate() throws IOException {
        return Evaluation.NONE;
    }

    /** The network whose writing is shown while it learns, only read; empty if it writes none. Stays owned by the loop. */
    default Optional<Transformer> writing() {
        return Optional.empty();
    }

    /**
     * Keeps the weights as they are now: they are the best so far. Part of the state.
     *
     * @throws IllegalStateException if the algorithm cannot; it is not asked where patience is 0
     */
    default void keepAsBest() {
        throw new IllegalStateException("this algorithm cannot keep its best model; set its patience to 0");
    }

    /** Where reading and counting resume, for the manifest. */
    Map<String, Long> position();

    /**
     * What the next step depends on besides tensors and the position, for {@link RunState}: a record or a map whose JSON
     * is one object.
     */
    default Object notes() {
        return Map.of();
    }

    /** The model as it is now. */
    ModelFiles model() throws IOException;

    /** Everything that resuming needs besides the model, the position and the notes. */
    SequencedMap<String, Tensor> state();

    /**
     * Comes to an end: decides what is published.
     *
     * @param last figures of the last step
     * @param best the best evaluation, if the weights kept then are to be published instead of the last ones
     * @return the finished model's figures
     */
    SequencedMap<String, Double> finish(SequencedMap<String, Double> last, Optional<BestModel> best) throws IOException;

    /** The phase under which charts show the finished model's figures, if they are not those of a step. */
    default Optional<String> finishedPhase() {
        return Optional.empty();
    }

    /** The finished model, after {@link #finish}. */
    default ModelFiles finishedModel() throws IOException {
        return model();
    }

    /** What is stored beside the finished model. */
    default SequencedMap<String, Tensor> finishedState() {
        return state();
    }

    /** Whether a later run goes on from the finished model, so that it keeps the run's whole state. */
    default boolean continuable() {
        return false;
    }

    /** Frees the native memory. */
    @Override
    void close();

    /**
     * A step that was taken, or several at once.
     *
     * @param figures of the step, functions of its inputs only
     * @param speed what was worked through, for a figure that depends on the clock
     * @param trouble why the step must not count, if so
     * @param record files to be kept of the step, functions of its inputs only
     */
    record Step(
            SequencedMap<String, Double> figures,
            Speed speed,
            Optional<Trouble> trouble,
            Optional<CheckpointStore.Content> record) {

        /** A step without trouble. */
        public Step(SequencedMap<String, Double> figures, Speed speed) {
            this(figures, speed, Optional.empty());
        }

        /** A step of which nothing is kept. */
        public Step(SequencedMap<String, Double> figures, Speed speed, Optional<Trouble> trouble) {
            this(figures, speed, trouble, Optional.empty());
        }
    }

    /**
     * An amount of work.
     *
     * @param figure under which it is shown once it is divided by the seconds, for example {@code tokensPerSecond}
     * @param work what it comes to in arithmetic, where that is known
     */
    record Speed(String figure, double amount, Optional<Work> work) {

        /** Of work whose arithmetic nobody counts. */
        public Speed(String figure, double amount) {
            this(figure, amount, Optional.empty());
        }
    }

    /**
     * What a step's mathematics need, however they are computed.
     *
     * @param flops floating point operations
     * @param peak those that this process's machine can do in a second at best
     */
    record Work(double flops, double peak) {

        /** Share of what {@code workers} machines like this one could do in {@code seconds} that served the model: MFU. */
        double utilisation(double seconds, double workers) {
            return flops / (seconds * peak * workers);
        }
    }

    /**
     * What was measured.
     *
     * @param figures under the names of the charts
     * @param judgement by which models of this run are compared, lower is better; empty if nothing was judged
     * @param trouble why the step before must not count, if so
     */
    record Evaluation(SequencedMap<String, Double> figures, OptionalDouble judgement, Optional<Trouble> trouble) {

        /** Nothing was due. */
        public static final Evaluation NONE = new Evaluation(new TreeMap<>(), OptionalDouble.empty(), Optional.empty());

        /** Figures that judge nothing. */
        public static Evaluation of(SequencedMap<String, Double> figures) {
            return new Evaluation(figures, OptionalDouble.empty(), Optional.empty());
        }
    }

    /** How a run's loop comes to be, from frozen inputs. */
    interface Inputs extends AutoCloseable {

        /**
         * The loop at its beginning.
         *
         * @param recovery what was learned from earlier beginnings of this run
         */
        TrainingLoop begin(Recovery recovery) throws IOException;

        /**
         * The loop that goes on from {@code stored}.
         *
         * @param recovery what was done about failures so far
         */
        TrainingLoop resume(StoredState stored, Recovery recovery) throws IOException;

        /** What continues the prompts that show how the run gets on; empty if there is nothing to continue. */
        default Optional<SampleWriter> sampleWriter(SampleSettings wanted) {
            return Optional.empty();
        }

        /** Frees what the inputs hold; the loop is closed before. */
        @Override
        default void close() {}
    }
}
