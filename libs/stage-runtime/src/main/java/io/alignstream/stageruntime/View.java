package io.alignstream.stageruntime;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What the service knows of the topics it follows; valid only inside {@link StageDefinition#show} and {@link
 * StageDefinition#decide}, on the thread that calls them.
 */
public interface View {

    /**
     * The newest valid event of each key of a registry topic (retention {@code COMPACTED}), oldest first.
     *
     * @throws IllegalArgumentException if the topic is not a registry topic that the stage follows
     */
    <T> List<T> newestByKey(Topic<T> topic);

    /** The finished models of {@code stage}, oldest first. */
    default List<Checkpoint> checkpoints(Stage stage) {
        return newestByKey(Topic.CHECKPOINTS).stream()
                .filter(checkpoint -> checkpoint.stage() == stage)
                .toList();
    }

    /** The model of {@code stage} that is in use: the newest one that is promoted. */
    default Optional<Checkpoint> newestCheckpoint(Stage stage) {
        return checkpoints(stage).stream().filter(Checkpoint::promoted).reduce((older, newer) -> newer);
    }

    /**
     * All of a data topic that has been read so far, as a snapshot that ends after the last valid event or tombstone.
     */
    DatasetSnapshot snapshot(Topic<?> topic);

    /** Number of valid events read so far, tombstones not counted. */
    long count(Topic<?> topic);

    /**
     * The answer to a question that was asked ahead of this comparison.
     *
     * @throws IllegalArgumentException if the stage does not ask it in {@link StageDefinition#subscribe}
     */
    <T> T answer(Question<T> question);

    /**
     * Time since the last event of {@code topic} arrived; the time since start-up if none has, and for ever once a run has
     * waited long enough for that.
     */
    Duration quietFor(Topic<?> topic);

    /** Runs that are not begun again by themselves, because a person cancelled them or they failed too often. */
    default Set<String> abandoned() {
        return Set.of();
    }
}
