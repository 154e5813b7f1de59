package io.alignstream.training.retention;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore.Holding;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something that nobody needs. Immutable.
 *
 * @param holding the checkpoint that it is a part of; null where it is several of a run
 * @param bytes that its end frees
 * @param why nobody needs it
 * @param due when it may go
 */
public record Garbage(
        Stage stage, String run, Kind kind, @Nullable Holding holding, long bytes, Reason why, Instant due) {

    /** What goes, in the order in which it goes. */
    public enum Kind {
        /** States that a run could have been resumed from. */
        UNFINISHED,
        /** The answers that a run sampled. */
        RECORDS,
        /** The state that a finished model's training could have been continued from. */
        STATE,
        /** A finished model; its manifest stays. */
        MODEL
    }
}
