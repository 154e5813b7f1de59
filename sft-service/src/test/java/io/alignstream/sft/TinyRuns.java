package io.alignstream.sft;

import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.training.Lineage;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import io.alignstream.training.samples.SampleSettings;
import io.alignstream.training.testing.Recorder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Runs on one base model, each in a store of its own.
 *
 * @param folder of the stores
 * @param base the base model's
 */
record TinyRuns(Path folder, Path base) {

    /** Sha256 of the parent, as far as the runs know. */
    static final String PARENT = "a".repeat(64);

    /** Trains on {@link TinyInstructions#all} in the store called {@code name}, from where the run there is. */
    Trainer trainer(String name, SftSettings settings, Recorder recorder) throws IOException {
        return trainer(name, TinyInstructions.all(), settings, recorder);
    }

    Trainer trainer(String name, List<Instruction> instructions, SftSettings settings, Recorder recorder)
            throws IOException {
        // runs that are stopped show what they write, too: neither changes a bit
        SampleSettings samples = name.equals("b") ? new SampleSettings(3, 3, List.of()) : SampleSettings.NONE;
        return new Trainer(
                run(name, settings),
                SftLoop.Inputs.of(settings, base, instructions),
                settings.training(),
                samples,
                recorder);
    }

    TrainingRun run(String name, SftSettings settings) {
        Reference parent = new Reference(parent(name).toUri(), PARENT, 9);
        return new TrainingRuns(store(name), Stage.SFT)
                .of(Lineage.of(Lineage.BASE, parent), List.of(), settings.hyperparameters());
    }

    /** Where the parent would be in the store called {@code name}. */
    Path parent(String name) {
        return folder.resolve(name).resolve("pretrain/run/0000000009-" + PARENT.substring(0, 12));
    }

    /** A file of the newest checkpoint. */
    Path newest(String name, SftSettings settings, String file) throws IOException {
        return run(name, settings).newest().orElseThrow().folder().resolve(file);
    }

    CheckpointStore store(String name) {
        try {
            return CheckpointStore.open(folder.resolve(name).toUri(), folder.resolve("cache"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
