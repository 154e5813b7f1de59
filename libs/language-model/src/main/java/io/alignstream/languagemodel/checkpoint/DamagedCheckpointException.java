package io.alignstream.languagemodel.checkpoint;

import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Says which file of a checkpoint is not what it must be, and in what; an earlier checkpoint has to be used instead. */
public sealed class DamagedCheckpointException extends IOException {

    private static final long serialVersionUID = 1L;

    public DamagedCheckpointException(String message) {
        super(message);
    }

    public DamagedCheckpointException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Nothing is damaged: the files were removed because nobody needed them, and the manifest is left. */
    public static final class Removed extends DamagedCheckpointException implements Explained {

        private static final long serialVersionUID = 1L;

        private final transient Reason reason;

        Removed(CheckpointName name, Instant when) {
            this(Reason.of("store.removed")
                    .with("checkpoint", name.path())
                    .with("when", when.truncatedTo(ChronoUnit.SECONDS).toString()));
        }

        private Removed(Reason reason) {
            super(Messages.english(reason));
            this.reason = reason;
        }

        @Override
        public Reason reason() {
            return reason;
        }
    }
}
