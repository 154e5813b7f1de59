package io.alignstream.benchmarks.training;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.benchmarks.harness.Figures;
import io.alignstream.benchmarks.harness.WorkerProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A worker that trains in turns with others, and what came of its turns. */
final class Turns {

    private static final int MAX_STEPS = 100;

    private final WorkerProcess worker;
    private final int steps;
    private final List<Double> rates = new ArrayList<>();
    private final List<Double> cpuRates = new ArrayList<>();
    private double loss;

    private Turns(WorkerProcess worker, int steps) {
        this.worker = worker;
        this.steps = steps;
    }

    /** Compiles and fills caches, then finds how many steps fill a turn of so many seconds. */
    static Turns warm(WorkerProcess worker, double seconds) throws IOException {
        JsonNode first = worker.ask("steps 2");
        JsonNode second = worker.ask("steps 2");
        double step = Math.min(
                        first.path("seconds").asDouble(), second.path("seconds").asDouble())
                / 2;
        return new Turns(worker, (int) Math.max(1, Math.min(MAX_STEPS, Math.round(seconds / step))));
    }

    void take() throws IOException {
        JsonNode answer = worker.ask("steps " + steps);
        double tokens = answer.path("tokens").asDouble();
        rates.add(tokens / answer.path("seconds").asDouble());
        cpuRates.add(tokens / answer.path("cpuSeconds").asDouble());
        loss = answer.path("loss").asDouble();
    }

    WorkerProcess worker() {
        return worker;
    }

    /** Tokens a second, the median of the turns. */
    double rate() {
        return Figures.median(rates);
    }

    /** Tokens a second of processor time, the median of the turns. */
    double cpuRate() {
        return Figures.median(cpuRates);
    }

    /** How many times the other's rate this one's is: the median over turns side by side. */
    double ratio(Turns other) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < rates.size(); i++) {
            ratios.add(rates.get(i) / other.rates.get(i));
        }
        return Figures.median(ratios);
    }

    /** Of the last step. */
    double loss() {
        return loss;
    }
}
