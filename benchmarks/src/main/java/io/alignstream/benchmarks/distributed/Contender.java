package io.alignstream.benchmarks.distributed;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.benchmarks.harness.Figures;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** One or more workers that train in turns with others, and what came of their turns. */
final class Contender {

    /** Takes steps. */
    @FunctionalInterface
    interface Turn {

        /** What each worker says of so many steps. */
        List<JsonNode> take(int steps) throws IOException;
    }

    private static final int MAX_STEPS = 100;

    private final String peer;
    private final int workers;
    private final int shards;
    private final Turn turn;
    private final List<Double> rates = new ArrayList<>();
    private final List<Double> cpuRates = new ArrayList<>();
    private final List<Double> seconds = new ArrayList<>();
    private int steps = 1;

    Contender(String peer, int workers, int shards, Turn turn) {
        this.peer = peer;
        this.workers = workers;
        this.shards = shards;
        this.turn = turn;
    }

    /** Compiles and fills caches, and finds how many steps fill a turn of so many seconds. */
    void warm(double most) throws IOException {
        steps = Math.clamp(Math.round(most / longest(turn.take(1))), 1, MAX_STEPS);
    }

    void take() throws IOException {
        List<JsonNode> answers = turn.take(steps);
        double tokens = answers.getFirst().path("tokens").asDouble();
        double longest = longest(answers);
        rates.add(tokens / longest);
        seconds.add(longest / steps);
        cpuRates.add(tokens
                / answers.stream()
                        .mapToDouble(answer -> answer.path("cpuSeconds").asDouble())
                        .sum());
    }

    private static double longest(List<JsonNode> answers) {
        return answers.stream()
                .mapToDouble(answer -> answer.path("seconds").asDouble())
                .max()
                .orElseThrow();
    }

    String peer() {
        return peer;
    }

    int workers() {
        return workers;
    }

    int shards() {
        return shards;
    }

    /** Tokens a second of all workers, the median of the turns. */
    double rate() {
        return Figures.median(rates);
    }

    /** Tokens a second of processor time, the median of the turns. */
    double cpuRate() {
        return Figures.median(cpuRates);
    }

    /** Of a step, the median of the turns. */
    double seconds() {
        return Figures.median(seconds);
    }

    /** How many times the other's rate this one's is: the median over turns side by side. */
    double ratio(Contender other) {
        return ratio(rates, other.rates);
    }

    /** The same by processor time, which other programs hardly change. */
    double cpuRatio(Contender other) {
        return ratio(cpuRates, other.cpuRates);
    }

    private static double ratio(List<Double> these, List<Double> those) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < these.size(); i++) {
            ratios.add(these.get(i) / those.get(i));
        }
        return Figures.median(ratios);
    }
}
