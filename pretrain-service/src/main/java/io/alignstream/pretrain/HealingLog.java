package io.alignstream.pretrain;

import io.alignstream.contracts.messages.Reason;
import io.alignstream.training.HealingEvent;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The newest failures that runs of this process healed from, one line each, for the dashboard; thread-safe. */
final class HealingLog {

    private static final int KEPT = 20;

    private final Deque<Reason> lines = new ArrayDeque<>();

    synchronized void add(String run, HealingEvent event) {
        if (lines.size() == KEPT) {
            lines.removeFirst();
        }
        lines.addLast(Reason.of("pretrain.healed").with("run", run).with("event", event.reason()));
    }

    /** Oldest first. */
    synchronized List<Reason> lines() {
        return List.copyOf(lines);
    }
}
