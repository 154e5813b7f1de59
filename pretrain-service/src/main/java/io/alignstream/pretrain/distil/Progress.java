package io.alignstream.pretrain.distil;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/** Says every two seconds how far something is and how long it will take; for one thread. */
final class Progress {

    private static final long SECOND = 1_000_000_000;

    private final PrintStream out;
    private final String what;
    private final long began = System.nanoTime();
    private long shown = began;
    /** Share that was done when this process began: an earlier one did that, in a time that says nothing here. */
    private double before = -1;

    Progress(PrintStream out, String what) {
        this.out = out;
        this.what = what;
    }

    /**
     * So much is done.
     *
     * @param done share, 0 to 1
     */
    void at(double done, String detail) {
        long now = System.nanoTime();
        if (before < 0) {
            before = done;
        }
        if (now - shown < 2 * SECOND || done <= before) {
            return;
        }
        shown = now;
        double seconds = (now - began) / (double) SECOND;
        Duration left = Duration.ofSeconds(Math.round(seconds / (done - before) * (1 - done)));
        out.printf(
                Locale.ROOT,
                "%3.0f %%  %s%s; about %d:%02d min left%n",
                100 * done,
                what,
                detail.isEmpty() ? "" : ", " + detail,
                left.toMinutes(),
                left.toSecondsPart());
    }
}
