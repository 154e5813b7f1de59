package io.alignstream.benchmarks.models;

import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.Figures;
import io.alignstream.languagemodel.optimiser.OuterNesterov;
import io.alignstream.pretrain.Depth;
import io.alignstream.pretrain.PretrainSettings;
import io.alignstream.pretrain.data.PreparedText;
import java.io.IOException;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What local SGD costs at equal tokens: held-out loss beside that of the same steps whose gradients are shared, for the same
 * seeds.
 *
 * <p>Of several learning rates the one that is best with shared gradients, in the mean of the seeds, is taken for both. The
 * replicas of all shards are computed in this process, one after the other: it measures the loss, not the speed. Settings are
 * chosen with seeds other than those whose figures are told.
 */
public final class LocalSgdBenchmark {

    /** How much greater the loss may be, in percent, for so many shards. */
    private static final Map<Integer, Double> TARGETS = Map.of(2, 0.7, 4, 1.9);

    private final PrintStream out;
    private final PreparedText text;
    private final int depth;
    private final int steps;
    private final List<Integer> seeds;
    private final Figures figures = new Figures("local-sgd");

    private LocalSgdBenchmark(PrintStream out, PreparedText text, int depth, int steps, List<Integer> seeds) {
        this.out = out;
        this.text = text;
        this.depth = depth;
        this.steps = steps;
        this.seeds = seeds;
    }

    /** Runs it and returns the exit code. */
    public static int run(PrintStream out, BenchmarkOptions options) throws IOException {
        options.only(
                "text",
                "depth",
                "steps",
                "seeds",
                "shards",
                "learning-rates",
                "inner-steps",
                "outer-learning-rates",
                "outer-momenta");
        int depth = options.number("depth", 2);
        int steps = options.number("steps", 400);
        LocalSgdBenchmark benchmark = new LocalSgdBenchmark(
                out, TransformerTrial.text(options.path("text")), depth, steps, options.numbers("seeds", "1,2,3"));
        List<Integer> innerSteps = options.numbers("inner-steps", "20");
        innerSteps.stream().filter(inner -> steps % inner != 0).findFirst().ifPresent(inner -> {
            throw new IllegalArgumentException(
                    "--steps is " + steps + " but must be a multiple of --inner-steps, which is " + inner);
        });
        double learningRate = 0;
        Map<Integer, Double> exact = Map.of();
        for (double rate : options.decimals("learning-rates", new Depth(depth).learningRate())) {
            Map<Integer, Double> bits = benchmark.train(rate, 1, Optional.empty());
            if (exact.isEmpty() || mean(bits) < mean(exact)) {
                learningRate = rate;
                exact = bits;
            }
        }
        for (int shards : options.numbers("shards", "2,4")) {
            for (int inner : innerSteps) {
                for (double outer : options.decimals("outer-learning-rates", 0.7)) {
                    for (double momentum : options.decimals("outer-momenta", 0.9)) {
                        PretrainSettings.LocalSgd localSgd =
                                new PretrainSettings.LocalSgd(inner, new OuterNesterov.Settings(outer, momentum));
                        benchmark.compare(exact, learningRate, shards, localSgd);
                    }
                }
            }
        }
        benchmark.figures.write(options.json());
        return 0;
    }

    private void compare(
            Map<Integer, Double> exact, double learningRate, int shards, PretrainSettings.LocalSgd localSgd)
            throws IOException {
        Map<Integer, Double> bits = train(learningRate, shards, Optional.of(localSgd));
        double percent = 100 * (mean(bits) / mean(exact) - 1);
        Map<String, Object> row = row(learningRate, shards, Optional.of(localSgd));
        row.put("seeds", seeds);
        row.put("morePercent", percent);
        Double target = TARGETS.get(shards);
        if (target != null) {
            row.put("targetPercent", target);
            row.put("reached", percent <= target);
        }
        figures.add(row);
        out.printf(
                Locale.ROOT,
                "%d shards, %d inner steps, outer learning rate %.2f, momentum %.2f: %+.2f %% loss%s%n",
                shards,
                localSgd.steps(),
                localSgd.outer().learningRate(),
                localSgd.outer().momentum(),
                percent,
                target == null ? "" : String.format(Locale.ROOT, " (target: at most +%.1f %%)", target));
    }

    /** Bits per byte of the held-out text by seed. */
    private Map<Integer, Double> train(double learningRate, int shards, Optional<PretrainSettings.LocalSgd> localSgd)
            throws IOException {
        Map<Integer, Double> bits = new TreeMap<>();
        for (int seed : seeds) {
            long began = System.nanoTime();
            double reached =
                    new TransformerTrial(text, depth, steps, learningRate, seed, shards, localSgd).bitsPerByte();
            bits.put(seed, reached);
            double seconds = (System.nanoTime() - began) / 1e9;
            Map<String, Object> row = row(learningRate, shards, localSgd);
            row.put("seed", seed);
            row.put("bitsPerByte", reached);
            row.put("seconds", seconds);
            figures.add(row);
            out.printf(
                    Locale.ROOT,
                    "  %s, learning rate %.5f, seed %d: %.4f bits per byte, %.0f s%n",
                    localSgd.isPresent() ? "local-sgd" : "exact",
                    learningRate,
                    seed,
                    reached,
                    seconds);
        }
        return bits;
    }

    private Map<String, Object> row(double learningRate, int shards, Optional<PretrainSettings.LocalSgd> localSgd) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("sharing", localSgd.isPresent() ? "local-sgd" : "exact");
        row.put("depth", depth);
        row.put("steps", steps);
        row.put("learningRate", learningRate);
        localSgd.ifPresent(rounds -> {
            row.put("shards", shards);
            row.put("innerSteps", rounds.steps());
            row.put("outerLearningRate", rounds.outer().learningRate());
            row.put("outerMomentum", rounds.outer().momentum());
        });
        return row;
    }

    private static double mean(Map<Integer, Double> bits) {
        return bits.values().stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
    }
}
