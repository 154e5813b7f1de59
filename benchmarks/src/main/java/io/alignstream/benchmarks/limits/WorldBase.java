package io.alignstream.benchmarks.limits;

import io.alignstream.contracts.Document;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.local.world.World;
import io.alignstream.local.world.WorldGenerator;
import io.alignstream.pretrain.Depth;
import io.alignstream.pretrain.PretrainLoop;
import io.alignstream.pretrain.PretrainSettings;
import io.alignstream.pretrain.Schedule;
import io.alignstream.pretrain.data.PreparedText;
import io.alignstream.pretrain.data.SequenceSource;
import io.alignstream.training.Lineage;
import io.alignstream.training.Monitor;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import io.alignstream.training.memory.ActivationMemory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A base model of the sample world's documents, with the demonstration's shape. */
final class WorldBase {

    private static final int VOCABULARY = 2_048;
    private static final int LENGTH = 128;
    private static final int DEPTH = 4;
    private static final int VALIDATION = 100;
    private static final double HELD_OUT_SHARE = 0.05;

    private WorldBase() {}

    /**
     * Trains one.
     *
     * @param documents of the sample world
     * @param more texts among them, which are all learned
     * @param monitor hears how far it is
     * @return folder of its checkpoint in {@code store}
     */
    static Path train(CheckpointStore store, long seed, int documents, Stream<String> more, int steps, Monitor monitor)
            throws IOException {
        List<String> training = new ArrayList<>();
        List<String> validation = new ArrayList<>();
        new WorldGenerator(World.load(), seed)
                .documents(documents)
                .map(Document::text)
                .filter(text -> !text.isBlank())
                .distinct()
                .forEach(text -> (HeldOut.of(text, HELD_OUT_SHARE) ? validation : training).add(text));
        more.forEach(training::add);
        PreparedText text = PreparedText.of(training, validation, VOCABULARY, LENGTH);
        Depth dial = new Depth(DEPTH);
        PretrainSettings settings = new PretrainSettings(
                new PretrainSettings.Network(dial.layers(), dial.width()),
                new PretrainSettings.Batches(
                        dial.batchSequences(), ActivationMemory.DEFAULT, 8_192, 1, Optional.empty()),
                new Schedule(steps, 1, dial.learningRate(), 0.05, 0.5, 100, 0.02),
                new PretrainSettings.Optimiser(0.1, 0.95, 1, 0.95, Precision.FLOAT32),
                new PretrainSettings.Holdout(VALIDATION, steps),
                2,
                new Trainer.Settings(new Trainer.Saving(steps, Duration.ofDays(1)), new Trainer.Healing(8, 0.3), 0),
                seed);
        TrainingRun run =
                new TrainingRuns(store, Stage.PRETRAIN).of(Lineage.NONE, List.of(), settings.hyperparameters());
        PretrainLoop.Inputs inputs = new PretrainLoop.Inputs(
                settings, text.tokenizer(), SequenceSource.of(text.training()), text.validation(), Optional.empty());
        return store.open(new Trainer(run, inputs, settings.training(), monitor)
                        .train()
                        .orElseThrow()
                        .checkpoint())
                .folder();
    }
}
