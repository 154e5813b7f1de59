package io.alignstream.stageruntime.kept;

import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import java.nio.file.Path;

/**
 * What a service keeps on its disk cannot be read or written. No event is to blame for it: the service has to be started
 * again, with room on the disk, and reads again what it cannot know.
 */
public final class KeptStateException extends RuntimeException implements Explained {

    private static final long serialVersionUID = 1L;

    private final transient Reason reason;

    KeptStateException(Path folder, Exception cause) {
        super(cause);
        this.reason = Reason.of("stage.keptState")
                .with("folder", folder.toString())
                .with("detail", String.valueOf(cause.getMessage()));
    }

    @Override
    public String getMessage() {
        return Messages.english(reason);
    }

    @Override
    public Reason reason() {
        return reason;
    }
}
