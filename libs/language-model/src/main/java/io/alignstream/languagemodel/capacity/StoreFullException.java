package io.alignstream.languagemodel.capacity;

import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import java.io.IOException;
import java.util.Locale;

/** There is no room for what should be saved; nothing of it was kept, and what was there before is as it was. */
public final class StoreFullException extends IOException implements Explained {

    private static final long serialVersionUID = 1L;

    /** With so little left a disk counts as full whatever the failure says. */
    private static final long NOTHING_LEFT = 1L << 20;

    private final transient Reason reason;

    StoreFullException(Reason reason) {
        super(Messages.english(reason));
        this.reason = reason;
    }

    private StoreFullException(Reason reason, Exception cause) {
        super(Messages.english(reason), cause);
        this.reason = reason;
    }

    /**
     * A disk is full.
     *
     * @param saving what should have been saved, for people
     * @param root the folder on the disk
     * @param written bytes of it that were there when it failed
     * @param free bytes that the disk has left
     */
    public static StoreFullException disk(Reason saving, String root, long written, long free, IOException cause) {
        return new StoreFullException(
                Reason.of("store.diskFull")
                        .with("saving", saving)
                        .with("root", root)
                        .with("failure", String.valueOf(cause.getMessage()))
                        .with("written", Capacity.text(written))
                        .with("free", Capacity.text(free)),
                cause);
    }

    /**
     * An object store takes nothing more.
     *
     * @param object that should have been written
     */
    public static StoreFullException service(String object, Exception refusal) {
        return new StoreFullException(
                Reason.of("store.serviceFull")
                        .with("object", object)
                        .with("failure", String.valueOf(refusal.getMessage())),
                refusal);
    }

    /**
     * Whether {@code failure} says that a disk is full, or a user's share of it.
     *
     * @param free bytes that the disk has left
     */
    public static boolean isMeantBy(IOException failure, long free) {
        if (free < NOTHING_LEFT) {
            return true;
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String said = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
            if (said.contains("no space left") || said.contains("disk quota exceeded")) {
                return true;
            }
        }
        return false;
    }

    /** What is full, by how much, and the way out. */
    @Override
    public Reason reason() {
        return reason;
    }
}
