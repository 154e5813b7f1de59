package io.alignstream.pretrain.sweep;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.pretrain.PretrainLoop;
import io.alignstream.pretrain.PretrainSettings;
import io.alignstream.pretrain.data.PreparedText;
import io.alignstream.pretrain.data.SequenceSource;
import io.alignstream.pretrain.data.Validation;
import io.alignstream.training.HealingEvent;
import io.alignstream.training.Lineage;
import io.alignstream.training.Monitor;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingFailedException;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Tries sets of settings by successive halving (Jamieson and Talwalkar, arXiv 1502.07943): all sets train for a share of
 * their steps, the better part of them goes on to a larger share, and so on until the last one has trained to the end.
 *
 * <p>A set that goes on resumes from its checkpoint, so no step is taken twice, and a sweep that was interrupted
 * continues. Where a set fails to train, the best of those that the round before left behind takes its place. For one
 * thread.
 */
final class Sweep {

    private final SweepFile file;
    private final PreparedText text;
    private final CheckpointStore store;
    private final Path curves;
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
        /** Bits per byte of the held-out text by step. */
        SortedMap<Long, Double> curve = new TreeMap<>();

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

        boolean failed() {
            return bitsPerByte == Double.POSITIVE_INFINITY;
        }

        /** Multiplications of a step are about proportional to this. */
        private double stepWork() {
            return (double) settings.network().layers()
                    * settings.network().width()
                    * settings.network().width()
                    * settings.batches().sequences();
        }
    }

    /**
     * A sweep.
     *
     * @param store of the checkpoints
     * @param curves folder that keeps the curves of what is in {@code store}
     */
    Sweep(SweepFile file, PreparedText text, CheckpointStore store, Path curves, Watcher watcher) {
        this.file = file;
        this.text = text;
        this.store = store;
        this.curves = curves;
        this.watcher = watcher;
    }

    /** Runs to the end; all sets, the best first, those that failed last. */
    List<Trial> run() throws IOException {
        List<Trial> all =
                file.sets().stream().map(set -> new Trial(file.title(set), set)).toList();
        List<Integer> sizes = sizes(all.size(), file.keep());
        double planned = planned(all, sizes);
        double[] done = {0};
        List<Trial> left = all;
        for (int round = 0; round < sizes.size(); round++) {
            List<Trial> trained = new ArrayList<>();
            for (Trial trial : left) {
                if (trained.size() < sizes.get(round)) {
                    train(trial, round, sizes.size(), planned, done);
                    if (!trial.failed()) {
                        trained.add(trial);
                    }
                }
            }
            trained.sort(Comparator.comparingDouble(trial -> trial.bitsPerByte));
            left = trained;
        }
        return all.stream()
                .sorted(Comparator.comparing(Trial::failed)
                        .thenComparingInt(trial -> -trial.rounds)
                        .thenComparingDouble(trial -> trial.bitsPerByte))
                .toList();
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
                new TrainingRuns(store, Stage.PRETRAIN).of(Lineage.NONE, List.of(), trial.settings.hyperparameters());
        LossCurve curve = LossCurve.open(curves.resolve(run.id()));
        trial.curve = curve.points();
        trial.step = run.newest().map(newest -> newest.manifest().step()).orElse(0L);
        Monitor monitor = new Monitor() {
            @Override
            public boolean stopRequested() {
                return trial.step >= until;
            }

            @Override
            public void progress(String phase, long step, long totalSteps, Map<String, Double> metrics) {
                done[0] += (step - trial.step) * trial.stepWork() / planned;
                trial.step = step;
                Double bits = metrics.get("validationBitsPerByte");
                if (bits != null) {
                    add(curve, step, bits);
                }
                watcher.progress(round, rounds, trial, Math.min(1, done[0]));
            }

            @Override
            public void healed(HealingEvent event) {} // counted in the outcome
        };
        trial.rounds = round + 1;
        try {
            PretrainLoop.Inputs inputs = new PretrainLoop.Inputs(
                    trial.settings,
                    text.tokenizer(),
                    SequenceSource.of(text.training()),
                    text.validation(),
                    Optional.empty());
            Optional<Trainer.Result> result = new Trainer(run, inputs, trial.settings.training(), monitor).train();
            StoredCheckpoint newest = run.newest().orElseThrow();
            trial.step = newest.manifest().step();
            double bits = measure(trial, newest);
            if (!Double.isFinite(bits)) {
                throw new TrainingFailedException(Reason.of("training.noLoss"));
            }
            trial.bitsPerByte = bits;
            if (!trial.curve.containsKey(trial.step)) {
                add(curve, trial.step, bits);
            }
            double recoveries = newest.manifest().metrics().getOrDefault("recoveries", 0.0);
            trial.outcome = (result.isPresent() ? "finished" : "stopped after " + trial.step + " steps")
                    + (recoveries > 0 ? String.format(Locale.ROOT, ", went back %.0f times", recoveries) : "");
        } catch (TrainingFailedException e) {
            trial.bitsPerByte = Double.POSITIVE_INFINITY;
            trial.outcome = "failed: " + e.getMessage();
        }
    }

    private static void add(LossCurve curve, long step, double bitsPerByte) {
        try {
            curve.add(step, bitsPerByte);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private double measure(Trial trial, StoredCheckpoint checkpoint) throws IOException {
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
