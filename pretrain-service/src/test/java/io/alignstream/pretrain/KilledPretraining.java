package io.alignstream.pretrain;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Lease;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.pretrain.data.SequenceSource;
import io.alignstream.training.Lineage;
import io.alignstream.training.Monitor;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingRuns;
import io.alignstream.training.memory.ActivationMemory;
import io.alignstream.training.testing.Recorder;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * A process that pretrains into a store and, at the moment that its parent asked for, says so and waits to be killed.
 *
 * <p>Moments are steps, and the times before, in the middle of and after writing a checkpoint. The data holds a window
 * that makes the loss no number, so that a recovery is among what is interrupted.
 */
final class KilledPretraining {

    static final String READY = "kill me";

    private static final int BATCH = 4;
    /** First sequence of the batch that has nothing to predict. */
    private static final int POISONED = 16 * BATCH;

    private KilledPretraining() {}

    /** Called at each moment. */
    @FunctionalInterface
    interface Moments {
        void reached(String moment);
    }

    /** The run; each step's loss goes to {@code log}, as it is to the last bit. */
    static Trainer trainer(Path store, Path log, Moments moments) throws IOException {
        Tokenizer tokenizer = TinyText.tokenizer();
        PretrainSettings usual = TinyText.settings(40, 5, Duration.ofHours(1));
        PretrainSettings settings = new PretrainSettings(
                usual.network(),
                new PretrainSettings.Batches(BATCH, ActivationMemory.DEFAULT, BATCH),
                usual.schedule(),
                usual.optimiser(),
                usual.holdout(),
                usual.spikeFactor(),
                usual.training(),
                1);
        List<int[]> training = new ArrayList<>(TinyText.sequences(tokenizer, 0, 160));
        int[] nothing = new int[TinyText.LENGTH];
        Arrays.fill(nothing, tokenizer.pad());
        Collections.fill(training.subList(POISONED, POISONED + BATCH), nothing);
        CheckpointStore opened = watched(CheckpointStore.open(store.toUri(), store), moments);
        Monitor monitor = Recorder.calling((step, figures) -> {
            append(log, step + " " + Long.toHexString(Double.doubleToLongBits(figures.getOrDefault("loss", 0.0))));
            moments.reached("step " + step);
        });
        return new Trainer(
                new TrainingRuns(opened, Stage.PRETRAIN).of(Lineage.NONE, List.of(), settings.hyperparameters()),
                new PretrainLoop.Inputs(
                        settings,
                        tokenizer,
                        SequenceSource.of(training),
                        TinyText.sequences(tokenizer, 1_000, 8),
                        Optional.empty()),
                settings.training(),
                monitor);
    }

    private static CheckpointStore watched(CheckpointStore store, Moments moments) {
        return (CheckpointStore) Proxy.newProxyInstance(
                CheckpointStore.class.getClassLoader(),
                new Class<?>[] {CheckpointStore.class},
                (proxy, method, arguments) -> {
                    try {
                        if (!method.getName().equals("save")) {
                            return method.invoke(store, arguments);
                        }
                        return save(
                                store,
                                (Lease) arguments[0],
                                (Manifest) arguments[1],
                                (CheckpointStore.Content) arguments[2],
                                moments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private static Reference save(
            CheckpointStore store, Lease lease, Manifest draft, CheckpointStore.Content content, Moments moments)
            throws IOException {
        moments.reached("before checkpoint " + draft.step());
        Reference reference = store.save(lease, draft, folder -> {
            content.write(folder);
            moments.reached("files of checkpoint " + draft.step());
        });
        moments.reached("after checkpoint " + draft.step());
        return reference;
    }

    private static void append(Path log, String line) {
        try {
            Files.writeString(log, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Arguments: store, log, number of the moment at which to wait. */
    @SuppressWarnings("SystemOut") // the parent process reads it
    public static void main(String[] arguments) throws IOException {
        int[] left = {Integer.parseInt(arguments[2])};
        trainer(Path.of(arguments[0]), Path.of(arguments[1]), moment -> {
                    if (left[0]-- == 0) {
                        System.out.println(READY + ": " + moment);
                        waitForTheEnd();
                    }
                })
                .train();
    }

    /** The parent never writes. */
    private static void waitForTheEnd() {
        try {
            System.in.read();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
