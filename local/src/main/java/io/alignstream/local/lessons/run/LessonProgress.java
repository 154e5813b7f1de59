package io.alignstream.local.lessons.run;

import io.alignstream.local.site.Console;
import java.time.Duration;
import java.util.Locale;

/**
 * A bar for each part of a lesson with the time that it still takes: redrawn on a terminal, elsewhere a line every few
 * seconds. For one thread.
 */
public final class LessonProgress {

    private static final Duration EVERY = Duration.ofSeconds(10);
    private static final Duration REDRAWN = Duration.ofMillis(200);
    private static final int BAR = 24;

    private final Console console;
    private String part = "";
    private int parts;
    private int begun;
    private long began;
    /** When the first step was done, and which it was: what comes before, for example reading, is no step. */
    private long stepping;

    private long stepped;
    private long shown;

    public LessonProgress(Console console) {
        this.console = console;
    }

    /** Says of how many parts the lesson is, which are counted from now on. */
    public void parts(int count) {
        parts = count;
        begun = 0;
    }

    /** Says that {@code part} begins. */
    public void begin(String part) {
        begun++;
        this.part = parts == 0 ? part : begun + "/" + parts + " " + part;
        began = System.nanoTime();
        shown = began;
        stepped = -1;
    }

    /**
     * Says how far the part is.
     *
     * @param done of {@code all}, 0 to {@code all}
     * @param said what there is to say of it, for example the loss
     */
    public void at(long done, long all, String said) {
        long now = System.nanoTime();
        if (stepped < 0) {
            stepping = now;
            stepped = done;
        }
        Duration pause = console.isTerminal() ? REDRAWN : EVERY;
        if (done < all && now - shown < pause.toNanos()) {
            return;
        }
        shown = now;
        if (done == all) {
            console.line(String.format(Locale.ROOT, "%-28s %s in %.1f s", part, said, (now - began) / 1e9));
        } else {
            String line = line(done, all, said, now);
            if (console.isTerminal()) {
                console.redraw(line);
            } else {
                console.line(line);
            }
        }
    }

    private String line(long done, long all, String said, long now) {
        int filled = (int) (BAR * done / all);
        double seconds = (now - stepping) / 1e9;
        String left = done == stepped
                ? ""
                : String.format(Locale.ROOT, "  about %.0f s left", seconds / (done - stepped) * (all - done));
        return String.format(
                Locale.ROOT,
                "%-28s [%s%s] %3d %%  %s%s",
                part,
                "#".repeat(filled),
                "-".repeat(BAR - filled),
                100 * done / all,
                said,
                left);
    }
}
