package io.alignstream.languagemodel.checkpoint;

import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import java.io.IOException;
import java.time.Duration;

/** Another process owns the run by now: this one must leave it alone. Says which one, and since when. */
public final class LeaseLostException extends IOException implements Explained {

    /** Who lost a run claims it again if its owner has shown no sign of life for so long. */
    public static final Duration SILENCE = Duration.ofMinutes(15);

    private static final long serialVersionUID = 1L;

    private final transient Reason reason;

    /** The run belongs to {@code owner}. */
    public LeaseLostException(String run, Owner owner) {
        this(Reason.of("training.leaseLost")
                .with("run", run)
                .with("owner", owner.process())
                .with("since", owner.since())
                .with("minutes", SILENCE.toMinutes()));
    }

    private LeaseLostException(Reason reason) {
        super(Messages.english(reason));
        this.reason = reason;
    }

    /** Who owns the run. */
    @Override
    public Reason reason() {
        return reason;
    }
}
