package io.alignstream.training.testing;

import io.alignstream.training.HealingEvent;
import io.alignstream.training.Monitor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.LongPredicate;

/** Keeps what a trainer tells of a run, and asks it to stop after a step; for one thread. */
public final class Recorder implements Monitor {

    private final List<Long> steps = new ArrayList<>();
    private final List<Map<String, Double>> figures = new ArrayList<>();
    private final List<HealingEvent> healed = new ArrayList<>();
    private final LongPredicate stops;
    private final EachStep then;

    /** Happens after each step. */
    @FunctionalInterface
    public interface EachStep {
        void done(long step, Map<String, Double> figures);
    }

    private Recorder(LongPredicate stops, EachStep then) {
        this.stops = stops;
        this.then = then;
    }

    /** One that never stops the run. */
    public static Recorder toTheEnd() {
        return calling((done, figures) -> {});
    }

    /** One that stops the run once {@code step} is done; at 0 before the first step. */
    public static Recorder until(long step) {
        return new Recorder(done -> done >= step, (done, figures) -> {});
    }

    /** One that never stops the run and lets {@code then} happen after each step. */
    public static Recorder calling(EachStep then) {
        return new Recorder(done -> false, then);
    }

    /** The same, and the run stops as soon as {@code asked} says so. */
    public static Recorder calling(EachStep then, BooleanSupplier asked) {
        return new Recorder(done -> asked.getAsBoolean(), then);
    }

    /** The steps, in the order in which they were taken. */
    public List<Long> steps() {
        return steps;
    }

    /** The figures of each of them. */
    public List<Map<String, Double>> figures() {
        return figures;
    }

    /** What was done about failures. */
    public List<HealingEvent> healed() {
        return healed;
    }

    /** A figure of the first step. */
    public double first(String figure) {
        return Objects.requireNonNull(figures.getFirst().get(figure));
    }

    /** A figure of the last step. */
    public double last(String figure) {
        return Objects.requireNonNull(figures.getLast().get(figure));
    }

    @Override
    public boolean stopRequested() {
        return stops.test(steps.isEmpty() ? 0 : steps.getLast());
    }

    @Override
    public void progress(String phase, long step, long totalSteps, Map<String, Double> measured) {
        steps.add(step);
        figures.add(measured);
        then.done(step, measured);
    }

    @Override
    public void healed(HealingEvent event) {
        healed.add(event);
    }
}
