package io.alignstream.local.chaos;

import java.util.Map;
import java.util.stream.Collectors;

/**
 * How pretraining's workers got on from their first step to the end of the disturbance, or of pretraining if it came first.
 *
 * @param steps that were done then and count: taken twice is counted once
 * @param seconds that it took
 * @param stepSeconds what one step takes, as the median of the steps around it has it, on average
 * @param goodput {@code steps} × {@code stepSeconds} by {@code seconds}, 0 to 1: {@link io.alignstream.contracts.workers.Goodput}, as each
 *     worker tells it of itself
 * @param regroupings meetings after the first, as far as survivors tell of them
 * @param pauses of survivors, from a fault that happened to another worker, {@link Fault#KILL} or {@link Fault#STOP}
 */
public record TrainingReport(
        long steps, double seconds, double stepSeconds, double goodput, long regroupings, Map<Fault, Pauses> pauses) {

    /**
     * The longest times without a step of a survivor that began within 3 s of a fault.
     *
     * @param measured for how many faults there was a survivor that had been training
     * @param median of them, in seconds
     * @param longest of them, in seconds
     */
    public record Pauses(int measured, double median, double longest) {}

    public TrainingReport {
        pauses = Map.copyOf(pauses);
    }

    /** One line. */
    @Override
    public String toString() {
        return "%d steps of %.3f s in %.1f s: goodput %.1f %%, %d regroupings"
                        .formatted(steps, stepSeconds, seconds, goodput * 100, regroupings)
                + pauses.entrySet().stream()
                        .sorted(Map.Entry.comparingByKey())
                        .map(entry -> ", longest pause of survivors after %s %.2f s (median %.2f s of %d)"
                                .formatted(
                                        entry.getKey(),
                                        entry.getValue().longest(),
                                        entry.getValue().median(),
                                        entry.getValue().measured()))
                        .collect(Collectors.joining());
    }
}
