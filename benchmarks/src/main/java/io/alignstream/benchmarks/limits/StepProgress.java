package io.alignstream.benchmarks.limits;

import io.alignstream.local.lessons.run.LessonProgress;
import io.alignstream.local.site.Console;
import io.alignstream.training.HealingEvent;
import io.alignstream.training.Monitor;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;

/** Says on standard error how far a run is and how long it takes, so that the table on standard output stays one. For one thread. */
final class StepProgress implements Monitor {

    private final LessonProgress progress =
            new LessonProgress(new Console(new PrintStream(System.err, true, StandardCharsets.UTF_8), false));

    /** Of how many parts the whole is, each of which begins. */
    StepProgress(int parts) {
        progress.parts(parts);
    }

    /** The same, for the next part. */
    StepProgress begin(String part) {
        progress.begin(part);
        return this;
    }

    /** Says that a part without steps is done. */
    void done(String said) {
        progress.at(1, 1, said);
    }

    @Override
    public boolean stopRequested() {
        return false;
    }

    @Override
    public void progress(String phase, long step, long totalSteps, Map<String, Double> figures) {
        progress.at(step, totalSteps, String.format(Locale.ROOT, "loss %.3f", figures.getOrDefault("loss", 0.0)));
    }

    @Override
    public void healed(HealingEvent event) {}
}
