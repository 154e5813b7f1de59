package io.alignstream.pretrain;

import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.checkpoint.TrainingRun;
import io.alignstream.languagemodel.checkpoint.TrainingRuns;
import io.alignstream.languagemodel.transformer.Transformer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Tries sets of settings by successive halving (Jamieson and Talwalkar, arXiv 1502.07943): all sets train for a share of
 * their steps, the better part of them goes on to a larger share, and so on until the last ones have trained to the end.
 *
 * <p>A set that goes on resumes from its checkpoint, so no step is taken twice, and a sweep that was interrupted
 * continues. Before the last round the sets are compared in the stable phase of their schedules. For one thread.
 */
final class Sweep {

    private final SweepFile file;
    private final PreparedText text;
    private final CheckpointStore store;
    private final Watcher watcher;

    /** Watches a sweep. */
    @FunctionalInterface
    interface Watcher {

        /**
         * A step is done.
         *
         * @param done share of the sweep's whole work, 0 to 1
         */
        void progress(int round, int rounds, Trial trial, double done);
    }

    /** One set of settings and how far it came. */
    static final class Trial {
        final String title;
        final Map<String, String> values;
        final PretrainSettings settings;
        /** Steps and bits per byte of the held-out text. */
        final List<double[]> curve = new ArrayList<>();

        /** After the last round that the set was in; infinite if it failed. */
        double bitsPerByte = Double.POSITIVE_INFINITY;

        long step;
        int rounds;
        String outcome = "";

        Trial(String title, Map<String, String> values) {
            this.title = title;
            this.values = values;
            this.settings = new RunFile(values).settings();
        }

        /** Multiplications of a step are about proportional to this. */
        private double stepWork() {
            return (double) settings.network().layers()
                    * settings.network().width()
                    * settings.network().width()
                    * settings.batches().sequences();
        }
    }

    Sweep(SweepFile file, PreparedText text, CheckpointStore store, Watcher watcher) {
        this.file = file;
        this.text = text;
        this.store = store;
        this.watcher = watcher;
    }

    /** Runs to the end; all sets, the best first. */
    List<Trial> run() throws IOException {
        List<Trial> all =
                file.sets().stream().map(set -> new Trial(file.title(set), set)).toList();
        List<Integer> sizes = sizes(all.size(), file.keep());
        double planned = planned(all, sizes);
        double[] done = {0};
        List<Trial> left = new ArrayList<>(all);
        for (int round = 0; round < sizes.size(); round++) {
            left = new ArrayList<>(left.subList(0, Math.min(left.size(), sizes.get(round))));
            for (Trial trial : left) {
                train(trial, round, sizes.size(), planned, done);
            }
            left.sort(Comparator.comparingDouble(trial -> trial.bitsPerByte));
            left.removeIf(trial -> trial.bitsPerByte == Double.POSITIVE_INFINITY);
        }
        List<Trial> ranked = new ArrayList<>(all);
        ranked.sort(
                Comparator.<Trial>comparingInt(trial -> -trial.rounds).thenComparingDouble(trial -> trial.bitsPerByte));
        return ranked;
    }

    /** How many sets each round has: all, then the kept share of the round before, down to one. */
    static List<Integer> sizes(int sets, double keep) {
        List<Integer> sizes = new ArrayList<>(List.of(sets));
        while (sizes.getLast() > 1) {
            sizes.add(Math.max(1, (int) Math.min(sizes.getLast() - 1, Math.ceil(sizes.getLast() * keep))));
        }
        return sizes;
    }

    /** Share of the steps that are done after {@code round}: the last round ends at 1, each one before at {@code keep} of the next. */
    private double share(int round, int rounds) {
        return Math.pow(file.keep(), rounds - 1.0 - round);
    }

    private long steps(Trial trial, int round, int rounds) {
        long total = trial.settings
                .schedule()
                .first(text.training().size(), trial.settings.batches().sequences())
                .total();
        return Math.max(1, Math.round(total * share(round, rounds)));
    }

    /** Work of all rounds if the sets that are left are of average size. */
    private double planned(List<Trial> all, List<Integer> sizes) {
        double work = 0;
        for (int round = 0; round < sizes.size(); round++) {
            for (Trial trial : all) {
                long before = round == 0 ? 0 : steps(trial, round - 1, sizes.size());
                work += (steps(trial, round, sizes.size()) - before) * trial.stepWork() * sizes.get(round) / all.size();
            }
        }
        return work;
    }

    private void train(Trial trial, int round, int rounds, double planned, double[] done) throws IOException {
        long until = steps(trial, round, rounds);
        TrainingRun run =
                new TrainingRuns(store, Stage.PRETRAIN).of(Map.of(), List.of(), trial.settings.hyperparameters());
        PretrainLoop.Monitor monitor = new PretrainLoop.Monitor() {
            @Override
            public boolean stopRequested() {
                return trial.step >= until;
            }

            @Override
            public void progress(long step, long totalSteps, Map<String, Double> metrics) {
                done[0] += (step - trial.step) * trial.stepWork() / planned;
                trial.step = step;
                Optional.ofNullable(metrics.get("validationBitsPerByte"))
                        .ifPresent(bits -> trial.curve.add(new double[] {step, bits}));
                watcher.progress(round, rounds, trial, Math.min(1, done[0]));
            }
        };
        trial.rounds = round + 1;
        try {
            Optional<PretrainLoop.Result> result = new PretrainLoop(
                            trial.settings,
                            text.tokenizer(),
                            SequenceSource.of(text.training()),
                            text.validation(),
                            Optional.empty(),
                            run,
                            monitor)
                    .run();
            trial.bitsPerByte = measure(trial, run);
            trial.step = run.newest().orElseThrow().manifest().step();
            trial.curve.add(new double[] {trial.step, trial.bitsPerByte});
            trial.outcome = result.isPresent() ? "finished" : "stopped after " + trial.step + " steps";
        } catch (TrainingFailedException e) {
            trial.bitsPerByte = Double.POSITIVE_INFINITY;
            trial.outcome = "failed: " + e.getMessage();
        }
    }

    private double measure(Trial trial, TrainingRun run) throws IOException {
        StoredCheckpoint checkpoint = run.newest().orElseThrow();
        int most = Math.min(text.validation().size(), trial.settings.holdout().sequences());
        try (Transformer model = Transformer.load(checkpoint.folder())) {
            return new Validation(
                            text.validation().subList(0, most),
                            text.tokenizer(),
                            trial.settings.batches().sequences())
                    .bitsPerByte(model)
                    .orElse(Double.POSITIVE_INFINITY);
        }
    }
}
