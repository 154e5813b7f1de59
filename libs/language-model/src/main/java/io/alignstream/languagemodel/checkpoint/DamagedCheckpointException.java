package io.alignstream.languagemodel.checkpoint;

import java.io.IOException;

/** Says which file of a checkpoint is not what it must be, and in what; an earlier checkpoint has to be used instead. */
public final class DamagedCheckpointException extends IOException {

    private static final long serialVersionUID = 1L;

    public DamagedCheckpointException(String message) {
        super(message);
    }

    public DamagedCheckpointException(String message, Throwable cause) {
        super(message, cause);
    }
}
