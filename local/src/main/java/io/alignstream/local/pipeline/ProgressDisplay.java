package io.alignstream.local.pipeline;

import io.alignstream.contracts.Stage;
import io.alignstream.local.site.Console;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Shows the stages: a block that is redrawn on a terminal, elsewhere a line for each change and every few seconds for
 * the running stages. For use by one thread.
 */
final class ProgressDisplay {

    private static final Duration EVERY = Duration.ofSeconds(5);

    private final Console console;
    private final Map<Stage, String> shownKind = new EnumMap<>(Stage.class);
    private final Map<Stage, Long> shownAt = new EnumMap<>(Stage.class);

    ProgressDisplay(Console console) {
        this.console = console;
    }

    void show(List<StageView> views) {
        if (console.isTerminal()) {
            console.redraw(views.stream().map(StageView::line).collect(Collectors.joining("\n")));
            return;
        }
        for (StageView view : views) {
            String kind = kind(view);
            long now = System.nanoTime();
            boolean changed = !kind.equals(shownKind.put(view.stage(), kind));
            boolean due = view.isRunning() && now - shownAt.getOrDefault(view.stage(), 0L) >= EVERY.toNanos();
            if (changed || due) {
                shownAt.put(view.stage(), now);
                console.line(view.line());
            }
        }
    }

    private static String kind(StageView view) {
        return view.done()
                ? "done"
                : view.job().map(job -> job.state() + job.phase()).orElse("silent");
    }
}
