package io.alignstream.training;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.LeaseLostException;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * A process that brings one run to its end, saving often and going back twice, and says how far it is: {@code step N}, then
 * {@code result SHA256} or {@code lost}.
 *
 * <p>Arguments: root of the store, its cache.
 */
final class TwinProgram {

    private static final int STEPS = 60;
    private static final Tokenizer TOKENIZER = new BpeTrainer(300).train(Stream.of("a"));
    private static final TransformerConfig SHAPE = TransformerConfig.of(300, 1, 32, 8);

    private TwinProgram() {}

    public static void main(String[] arguments) throws IOException {
        try (CheckpointStore store = CheckpointStore.open(URI.create(arguments[0]), Path.of(arguments[1]))) {
            TrainingRun run = run(store);
            Trainer.Settings settings =
                    new Trainer.Settings(new Trainer.Saving(4, Duration.ofDays(1)), new Trainer.Healing(9, 0.5), 0);
            Trainer.Result result = new Trainer(run, new Inputs(), settings, new Saying())
                    .train()
                    .orElseThrow();
            run.requireHeld();
            say("result " + result.checkpoint().sha256());
        } catch (LeaseLostException e) {
            say("lost");
        }
    }

    /** The run that all twins bring to its end. */
    static TrainingRun run(CheckpointStore store) {
        return new TrainingRuns(store, Stage.SFT).of(Lineage.NONE, List.of(), Map.of());
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    private static final class Saying implements Monitor {

        @Override
        public boolean stopRequested() {
            return false;
        }

        @Override
        public void progress(String phase, long step, long totalSteps, Map<String, Double> figures) {
            say("step " + step);
        }

        @Override
        public void healed(HealingEvent event) {}
    }

    private static final class Inputs implements TrainingLoop.Inputs {

        @Override
        public TrainingLoop begin(Recovery recovery) {
            return new Adding(recovery.learningRateScale(), 0, 0);
        }

        @Override
        public TrainingLoop resume(StoredState stored, Recovery recovery) {
            float value = stored.tensors().get("value").toFloats()[0];
            return new Adding(recovery.learningRateScale(), stored.step(), value);
        }
    }

    /** Adds the learning rate in each step; two steps fail with a rate that is too high. */
    private static final class Adding implements TrainingLoop {

        private final double rate;
        private long step;
        private double value;

        Adding(double rate, long step, double value) {
            this.rate = rate;
            this.step = step;
            this.value = value;
        }

        @Override
        public long done() {
            return step;
        }

        @Override
        public long total() {
            return STEPS;
        }

        @Override
        public Step step() {
            LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
            value += rate;
            step++;
            boolean fails = step == 19 && rate > 0.5 || step == 41 && rate > 0.25;
            return new Step(
                    new TreeMap<>(Map.of("value", value)),
                    new Speed("unitsPerSecond", 1),
                    fails ? Optional.of(Trouble.of(Reason.verbatim("too fast"))) : Optional.empty(),
                    Optional.of(folder -> Files.writeString(folder.resolve("value"), Double.toString(value))));
        }

        @Override
        public Map<String, Long> position() {
            return Map.of("step", step);
        }

        @Override
        public ModelFiles model() {
            return ModelFiles.of(SHAPE, TOKENIZER, new int[] {TOKENIZER.endOfTurn()}, state());
        }

        @Override
        public SequencedMap<String, Tensor> state() {
            return new LinkedHashMap<>(Map.of("value", Tensor.of(new float[] {(float) value}, 1)));
        }

        @Override
        public SequencedMap<String, Double> finish(SequencedMap<String, Double> last, Optional<BestModel> best) {
            return last;
        }

        @Override
        public void close() {}
    }
}
