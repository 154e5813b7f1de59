package io.alignstream.languagemodel.capacity;

import io.alignstream.contracts.messages.Reason;
import java.io.IOException;
import java.util.Locale;

/**
 * The most that a store may hold, and who makes room when it is full; thread-safe.
 *
 * <p>Several processes that save in the same moment may go beyond a quota by one checkpoint each: what they hold is counted
 * before each save and not reserved.
 */
public final class Capacity {

    /** No quota. */
    public static final long UNBOUNDED = 0;

    private static final long MEBIBYTE = 1L << 20;

    private final long quota;
    private volatile Relief relief = () -> 0;

    /**
     * A store that holds at most {@code quota} bytes.
     *
     * @param quota {@link #UNBOUNDED} or more
     */
    public Capacity(long quota) {
        if (quota < 0) {
            throw new IllegalArgumentException("the quota is " + quota + " bytes but must be at least 0");
        }
        this.quota = quota;
    }

    /** Makes room. */
    @FunctionalInterface
    public interface Relief {

        /** Deletes what nobody needs and returns how many bytes that were. */
        long relieve() throws IOException;
    }

    /** Says how many bytes a store holds. */
    @FunctionalInterface
    public interface Used {
        long bytes() throws IOException;
    }

    /** Bytes, {@link #UNBOUNDED} for no bound. */
    public long quota() {
        return quota;
    }

    /** Who makes room from now on when there is none. */
    public void relieveBy(Relief other) {
        relief = other;
    }

    /** Whether some room was made. */
    public boolean relieve() throws IOException {
        return relief.relieve() > 0;
    }

    /**
     * Checks that {@code coming} bytes more fit.
     *
     * @param root names the store, for people
     * @throws StoreFullException if they do not
     */
    public void require(long coming, Used used, String root) throws IOException {
        if (quota == UNBOUNDED) {
            return;
        }
        long held = used.bytes();
        if (held + coming > quota) {
            throw new StoreFullException(Reason.of("store.overQuota")
                    .with("root", root)
                    .with("used", text(held))
                    .with("coming", text(coming))
                    .with("quota", text(quota)));
        }
    }

    /** A number of bytes as people read it: in MiB, or in GiB from 10 of them on. */
    public static String text(long bytes) {
        double mebibytes = bytes / (double) MEBIBYTE;
        return mebibytes < 10 * 1024
                ? String.format(Locale.ROOT, mebibytes < 10 ? "%.2f MiB" : "%.0f MiB", mebibytes)
                : String.format(Locale.ROOT, "%.1f GiB", mebibytes / 1024);
    }
}
