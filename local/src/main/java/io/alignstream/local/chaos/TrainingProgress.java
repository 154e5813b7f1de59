package io.alignstream.local.chaos;

import io.alignstream.contracts.workers.Goodput;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** How pretraining's workers get on while they are disturbed, as they tell it; times are seconds on one clock; thread-safe. */
final class TrainingProgress {

    /** A pause belongs to a fault if it begins that soon after it: the step that was under way may still be done. */
    private static final double BEGINS_WITHIN = 3;
    /** A worker that has trained that recently was training when the fault happened. */
    private static final double TRAINED_WITHIN = 5;

    private record Advance(String worker, double at, long step) {}

    private record Struck(Fault fault, String victim, double at) {}

    private final Map<String, Advance> last = new HashMap<>();
    private final List<Advance> advances = new ArrayList<>();
    private final List<Struck> strikes = new ArrayList<>();
    /** Of steps that were the farthest when they were seen. */
    private final List<Advance> farthest = new ArrayList<>();

    private final List<Double> speeds = new ArrayList<>();
    private final Map<String, Double> lastRegroupings = new HashMap<>();
    /** What a process has not counted, as it was not there. */
    private final Map<String, Double> earlierRegroupings = new HashMap<>();

    private double regroupings;
    private long total;

    /**
     * A worker tells of its last step.
     *
     * @param regroupings that its process has been through
     * @param tokensPerSecond of that step alone
     */
    synchronized void take(
            String worker, double at, long step, long totalSteps, double regroupings, double tokensPerSecond) {
        total = totalSteps;
        count(worker, regroupings);
        Advance now = new Advance(worker, at, step);
        Advance before = last.put(worker, now);
        if (before != null && before.step() == step) {
            return;
        }
        advances.add(now);
        if (farthest.isEmpty() || step > farthest.getLast().step()) {
            farthest.add(now);
            speeds.add(tokensPerSecond);
        }
    }

    /** Each process counts from its own start on; the one that has been through most of them is right. */
    private void count(String worker, double counted) {
        Double before = lastRegroupings.put(worker, counted);
        if (before == null || counted < before) {
            earlierRegroupings.put(worker, regroupings - counted);
        }
        if (before == null && regroupings == 0) {
            earlierRegroupings.put(worker, 0.0);
        }
        regroupings = Math.max(regroupings, counted + Objects.requireNonNull(earlierRegroupings.get(worker)));
    }

    /** Something happens now. */
    synchronized void struck(Fault fault, String victim, double at) {
        strikes.add(new Struck(fault, victim, at));
    }

    synchronized boolean begun() {
        return !farthest.isEmpty();
    }

    synchronized boolean ended() {
        return begun() && farthest.getLast().step() >= total;
    }

    /** Tokens that one step trains, if {@code trained} ones were trained in all of them. */
    synchronized double tokensOfStep(double trained) {
        return trained / total;
    }

    /**
     * What it comes to until {@code end}, which is the end of the disturbance; null if too little was seen.
     *
     * @param tokensOfStep that one step trains
     */
    synchronized @Nullable TrainingReport report(double end, double tokensOfStep) {
        List<Advance> seen =
                farthest.stream().filter(advance -> advance.at() <= end).toList();
        if (seen.size() < 2) {
            return null;
        }
        Advance newest = seen.getLast();
        double seconds =
                (newest.step() >= total ? newest.at() : end) - seen.getFirst().at();
        long steps = newest.step() - seen.getFirst().step();
        Goodput goodput = new Goodput(seen.getFirst().step());
        for (int i = 0; i < seen.size(); i++) {
            goodput.took(seen.get(i).step(), tokensOfStep / speeds.get(i));
        }
        return new TrainingReport(
                steps,
                seconds,
                goodput.usefulSeconds() / steps,
                goodput.share(seconds),
                Math.round(regroupings),
                pauses());
    }

    private Map<Fault, TrainingReport.Pauses> pauses() {
        Map<Fault, TrainingReport.Pauses> pauses = new EnumMap<>(Fault.class);
        for (Fault fault : List.of(Fault.KILL, Fault.STOP)) {
            double[] measured = strikes.stream()
                    .filter(strike -> strike.fault() == fault)
                    .map(this::pause)
                    .flatMapToDouble(OptionalDouble::stream)
                    .toArray();
            if (measured.length > 0) {
                pauses.put(
                        fault,
                        new TrainingReport.Pauses(
                                measured.length,
                                median(measured),
                                Arrays.stream(measured).max().orElseThrow()));
            }
        }
        return pauses;
    }

    /** The longest time without a step of one of the others; empty if none of them was training, or is left. */
    private OptionalDouble pause(Struck strike) {
        return last.keySet().stream()
                .filter(worker -> !worker.equals(strike.victim()))
                .map(worker -> pause(strike, worker))
                .flatMapToDouble(OptionalDouble::stream)
                .max();
    }

    private OptionalDouble pause(Struck strike, String worker) {
        // What happens to it afterwards is no pause of a survivor.
        double end = strikes.stream()
                .filter(later -> later.at() > strike.at())
                .filter(later -> later.fault() == Fault.RESIZE || later.victim().equals(worker))
                .mapToDouble(Struck::at)
                .min()
                .orElse(Double.POSITIVE_INFINITY);
        boolean training = false;
        double before = strike.at();
        OptionalDouble longest = OptionalDouble.empty();
        for (Advance advance : advances) {
            if (!advance.worker().equals(worker)) {
                continue;
            }
            if (advance.at() <= strike.at()) {
                training = strike.at() - advance.at() <= TRAINED_WITHIN;
                continue;
            }
            if (!training || advance.at() > end || before > strike.at() + BEGINS_WITHIN) {
                break;
            }
            longest = OptionalDouble.of(Math.max(longest.orElse(0), advance.at() - before));
            before = advance.at();
        }
        return longest;
    }

    private static double median(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }
}
