package io.alignstream.training;

import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.checkpoint.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SequencedMap;

/**
 * What a loop is resumed from: the content of a checkpoint. Immutable.
 *
 * @param folder with the model
 * @param step steps done
 * @param position what {@link TrainingLoop#position} said
 * @param tensors what {@link TrainingLoop#state} gave
 */
public record StoredState(Path folder, long step, Map<String, Long> position, Map<String, Tensor> tensors) {

    /** What holds the tensors that training goes on with; a finished model may lack it. */
    public static final String FILE = "training-state.safetensors";

    /**
     * Opens the state in {@code checkpoint}.
     *
     * @throws InvalidInputException if it was removed because nobody continued it
     */
    public static StoredState of(StoredCheckpoint checkpoint) throws IOException {
        if (checkpoint.manifest().files().containsKey(FILE)
                && Files.notExists(checkpoint.folder().resolve(FILE))) {
            throw new InvalidInputException(Reason.of("store.stateRemoved")
                    .with("checkpoint", checkpoint.reference().uri().toString()));
        }
        return new StoredState(
                checkpoint.folder(),
                checkpoint.manifest().step(),
                checkpoint.manifest().position(),
                Safetensors.read(checkpoint.folder().resolve(FILE)));
    }

    /** What {@link TrainingLoop#notes} gave. */
    public <T> T notes(Class<T> type) throws IOException {
        return RunState.notes(folder, type);
    }

    /** The tensors that the model has beside it in {@code file}. */
    public SequencedMap<String, Tensor> beside(String file) throws IOException {
        return Safetensors.read(folder.resolve(file));
    }
}
