package io.alignstream.training.testing;

import io.alignstream.training.HealingEvent;
import io.alignstream.training.Monitor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Keeps what a trainer tells of a run, and asks it to stop after a step; for one thread. */
public final class Recorder implements Monitor {

    private final List<Long> steps = new ArrayList<>();
    private final List<Map<String, Double>> figures = new ArrayList<>();
    private final List<HealingEvent> healed = new ArrayList<>();
    private final long stopAfter;
    private final EachStep then;

    /** Happens after each step. */
    @FunctionalInterface
    public interface EachStep {
        void done(long step, Map<String, Double> figures);
    }

    private Recorder(long stopAfter, EachStep then) {
        this.stopAfter = stopAfter;
        this.then = then;
    }

    /** One that never stops the run. */
    public static Recorder toTheEnd() {
        return until(Long.MAX_VALUE);
    }

    /** One that stops the run once {@code step} is done; at 0 before the first step. */
    public static Recorder until(long step) {
        return new Recorder(step, (done, figures) -> {});
    }

    /** One that never stops the run and lets {@code then} happen after each step. */
    public static Recorder calling(EachStep then) {
        return new Recorder(Long.MAX_VALUE, then);
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
        return (steps.isEmpty() ? 0 : steps.getLast()) >= stopAfter;
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
