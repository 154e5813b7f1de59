package io.alignstream.pretrain.distil;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.training.Trainer;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What {@link DistilProgram} is asked for, as the launcher writes it, in JSON.
 *
 * @param store where the student goes
 * @param cache of the store
 * @param folder for the teacher's answers, the network without a teacher, and the result; documents.jsonl and conversations.jsonl
 *     lie there
 * @param teacher folder with the teacher's files
 * @param reference to the teacher, where it lies in the store
 * @param stage of the student's checkpoint
 * @param answerTokens of the longest answer that the teacher writes
 * @param peer whether the student's shape is trained without the teacher, too
 */
record DistilJob(
        URI store,
        Path cache,
        Path folder,
        Path teacher,
        @Nullable Reference reference,
        Stage stage,
        int layers,
        int width,
        int positions,
        int batch,
        long steps,
        double learningRate,
        double temperature,
        double share,
        int answerTokens,
        long seed,
        boolean peer) {

    private static final int VALIDATIONS = 10;
    private static final int CHECKPOINT_EVERY = 100;
    private static final Duration CHECKPOINT_INTERVAL = Duration.ofSeconds(60);
    private static final Trainer.Healing HEALING = new Trainer.Healing(8, 0.3);

    /**
     * Its settings.
     *
     * @throws IllegalArgumentException if one is out of its range; says which, by the option's name
     */
    @JsonIgnore
    DistilSettings settings() {
        if (answerTokens < 1 || answerTokens >= positions) {
            throw new IllegalArgumentException("--answer-tokens is " + answerTokens
                    + " but must be at least 1 and leave room for a prompt among the " + positions + " positions");
        }
        return new DistilSettings(
                layers,
                width,
                positions,
                batch,
                steps,
                learningRate,
                temperature,
                share,
                (int) Math.max(1, steps / VALIDATIONS),
                new Trainer.Settings(new Trainer.Saving(CHECKPOINT_EVERY, CHECKPOINT_INTERVAL), HEALING, 0),
                seed);
    }
}
