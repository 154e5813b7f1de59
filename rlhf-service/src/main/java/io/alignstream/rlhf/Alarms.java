package io.alignstream.rlhf;

import io.alignstream.contracts.messages.Reason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Watches the figures of a run for the ways in which PPO goes wrong; for one thread.
 *
 * <p>The alarms only warn, so it does not matter that their memory is lost on a restart.
 */
final class Alarms {

    private static final int WINDOW = 5;
    private static final double RATIO_BOUND = 0.3;
    private static final double NEGATIVE_KL = -0.05;
    private static final double LEAST_END_RATE = 0.9;
    private static final double LENGTH_FACTOR = 2;
    private static final double LEAST_ENTROPY = 0.05;
    private static final double LOST_SCORE = 0.1;

    private final Deque<Map<String, Double>> window = new ArrayDeque<>();
    private final Map<String, Double> first = new LinkedHashMap<>();
    private final Set<String> raised = new TreeSet<>();
    private double bestHeldOut = Double.NEGATIVE_INFINITY;
    private double trainingAtBest;
    private boolean overOptimised;

    /**
     * Takes in the figures of an iteration, those of a comparison among them where there was one.
     *
     * @return what is wrong now and was not before
     */
    List<Reason> observe(Map<String, Double> figures) {
        figures.forEach(first::putIfAbsent);
        window.addLast(figures);
        if (window.size() > WINDOW) {
            window.removeFirst();
        }
        watchHeldOut(figures);
        SequencedMap<String, Reason> now = alarms();
        List<Reason> fresh = new ArrayList<>();
        now.forEach((name, alarm) -> {
            if (!raised.contains(name)) {
                fresh.add(alarm);
            }
        });
        raised.clear();
        raised.addAll(now.keySet());
        return fresh;
    }

    /** How many alarms are raised, and each as {@code alarm/NAME} = 1. */
    SequencedMap<String, Double> metrics() {
        SequencedMap<String, Double> metrics = new TreeMap<>();
        metrics.put("alarms", (double) raised.size());
        raised.forEach(name -> metrics.put("alarm/" + name, 1.0));
        return metrics;
    }

    private SequencedMap<String, Reason> alarms() {
        SequencedMap<String, Reason> alarms = new TreeMap<>();
        double ratio = mean("val/ratio");
        if (Math.abs(ratio - 1) > RATIO_BOUND) {
            alarms.put("ratio", Reason.of("alarm.ratio").with("ratio", ratio));
        }
        double kl = mean("objective/kl");
        if (kl < NEGATIVE_KL) {
            alarms.put(
                    "negativeKl",
                    Reason.of("alarm.negativeKl")
                            .with("iterations", window.size())
                            .with("kl", kl));
        }
        double ended = mean("endRate");
        if (ended < LEAST_END_RATE * first("endRate")) {
            alarms.put("endRate", now("alarm.endRate", ended, "endRate"));
        }
        double length = mean("responseLength");
        if (length > LENGTH_FACTOR * first("responseLength") || length * LENGTH_FACTOR < first("responseLength")) {
            alarms.put("length", now("alarm.length", length, "responseLength"));
        }
        double entropy = mean("policy/entropy");
        if (entropy < LEAST_ENTROPY * first("policy/entropy")) {
            alarms.put("entropy", now("alarm.entropy", entropy, "policy/entropy"));
        }
        if (overOptimised) {
            alarms.put("overOptimisation", Reason.of("alarm.overOptimisation").with("best", bestHeldOut));
        }
        return alarms;
    }

    private Reason now(String code, double value, String figure) {
        return Reason.of(code).with("now", value).with("first", first(figure));
    }

    private void watchHeldOut(Map<String, Double> figures) {
        Double heldOut = figures.get("heldOut/judgeScores");
        if (heldOut == null) {
            return;
        }
        double training = mean("objective/scores");
        if (heldOut >= bestHeldOut) {
            bestHeldOut = heldOut;
            trainingAtBest = training;
        }
        overOptimised = heldOut < bestHeldOut - LOST_SCORE && training > trainingAtBest;
    }

    /** Mean over the window; NaN, which raises nothing, without the figure. */
    private double mean(String figure) {
        return window.stream()
                .filter(figures -> figures.containsKey(figure))
                .mapToDouble(figures -> figures.getOrDefault(figure, Double.NaN))
                .average()
                .orElse(Double.NaN);
    }

    private double first(String figure) {
        return first.getOrDefault(figure, Double.NaN);
    }
}
