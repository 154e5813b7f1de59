package io.alignstream.benchmarks.models;

import io.alignstream.benchmarks.harness.Folders;
import io.alignstream.contracts.Document;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.local.input.DocumentSource;
import io.alignstream.local.input.LastPart;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A transformer of one depth, trained on a text in memory; immutable.
 *
 * @param steps optimiser steps, instead of those that the dial gives
 * @param learningRate its peak
 * @param seed of the initial weights and the order of the sequences
 * @param shards of a step, all of which this process computes
 * @param localSgd whether each shard's replica learns by itself
 */
record TransformerTrial(
        PreparedText text,
        int depth,
        int steps,
        double learningRate,
        long seed,
        int shards,
        Optional<PretrainSettings.LocalSgd> localSgd) {

    /** Most validation sequences that are used. */
    static final int VALIDATION = 200;
    /** Tokens in a sequence. */
    static final int LENGTH = 128;

    private static final int VOCABULARY = 2_048;
    private static final int DOCUMENTS = 20_000;
    private static final double HELD_OUT_SHARE = 0.1;

    /** With the dial's learning rate, the first seed and steps of one piece. */
    TransformerTrial(PreparedText text, int depth, int steps) {
        this(text, depth, steps, new Depth(depth).learningRate(), 1, 1, Optional.empty());
    }

    /** Trains from random weights; bits per byte of the held-out text at the end. */
    double bitsPerByte() throws IOException {
        Depth dial = new Depth(depth);
        PretrainSettings settings = new PretrainSettings(
                new PretrainSettings.Network(dial.layers(), dial.width()),
                new PretrainSettings.Batches(dial.batchSequences(), ActivationMemory.DEFAULT, 8_192, shards, localSgd),
                new Schedule(steps, 1, learningRate, 0.05, 0.5, 100, 0.02),
                new PretrainSettings.Optimiser(0.1, 0.95, 1, 0.95, Precision.FLOAT32),
                new PretrainSettings.Holdout(VALIDATION, steps),
                2,
                new Trainer.Settings(new Trainer.Saving(steps, Duration.ofDays(1)), new Trainer.Healing(8, 0.3), 0),
                seed);
        Path folder = Files.createTempDirectory("alignstream-trial");
        try (CheckpointStore store = CheckpointStore.open(folder.toUri(), folder)) {
            TrainingRun run =
                    new TrainingRuns(store, Stage.PRETRAIN).of(Lineage.NONE, List.of(), settings.hyperparameters());
            PretrainLoop.Inputs inputs = new PretrainLoop.Inputs(
                    settings,
                    text.tokenizer(),
                    SequenceSource.of(text.training()),
                    text.validation(),
                    Optional.empty());
            return new Trainer(run, inputs, settings.training(), Monitor.SILENT)
                    .train()
                    .orElseThrow()
                    .metrics()
                    .getOrDefault("validationBitsPerByte", Double.NaN);
        } finally {
            Folders.delete(folder);
        }
    }

    TransformerConfig network() {
        return TransformerConfig.of(text.tokenizer().vocabularySize(), depth, new Depth(depth).width(), LENGTH);
    }

    /** Multiplications and additions of one step, forward and backward, without those of attention. */
    double stepWork() {
        return 6.0 * network().parameters() * new Depth(depth).batchSequences() * LENGTH;
    }

    /** A text file, whose last tenth is held out, or documents of the sample world, a tenth of them held out. */
    static PreparedText text(Optional<Path> file) {
        List<String> training = new ArrayList<>();
        List<String> validation = new ArrayList<>();
        if (file.isPresent()) {
            DocumentSource.of(List.of(file.get()))
                    .heldOut(new LastPart(HELD_OUT_SHARE))
                    .forEach(document -> ("validation".equals(document.labels().get("split")) ? validation : training)
                            .add(document.text()));
        } else {
            new WorldGenerator(World.load(), 1)
                    .documents(DOCUMENTS)
                    .map(Document::text)
                    .filter(content -> !content.isBlank())
                    .distinct()
                    .forEach(content -> (HeldOut.of(content, HELD_OUT_SHARE) ? validation : training).add(content));
        }
        return PreparedText.of(training, validation, VOCABULARY, LENGTH);
    }
}
