package io.alignstream.sft;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Keeps what a loop reports, and asks it to stop after a step. */
final class Recorder implements SftLoop.Monitor {
    final List<Long> steps = new ArrayList<>();
    final List<Map<String, Double>> metrics = new ArrayList<>();
    private final long stopAfter;

    Recorder(long stopAfter) {
        this.stopAfter = stopAfter;
    }

    double first(String metric) {
        return Objects.requireNonNull(metrics.getFirst().get(metric));
    }

    double last(String metric) {
        return Objects.requireNonNull(metrics.getLast().get(metric));
    }

    /** Of one epoch's batches, which hold other conversations each. */
    double meanLoss(int epoch, int epochs) {
        int batches = metrics.size() / epochs;
        return metrics.subList(epoch * batches, (epoch + 1) * batches).stream()
                .mapToDouble(step -> Objects.requireNonNull(step.get("loss")))
                .average()
                .orElseThrow();
    }

    @Override
    public boolean stopRequested() {
        return (steps.isEmpty() ? 0 : steps.getLast()) >= stopAfter;
    }

    @Override
    public void progress(long step, long totalSteps, Map<String, Double> metrics) {
        steps.add(step);
        this.metrics.add(metrics);
    }
}
