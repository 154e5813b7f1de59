package io.alignstream.pretrain;

import io.alignstream.training.HealingEvent;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The newest failures that runs of this process healed from, one line each, for the dashboard; thread-safe. */
final class HealingLog {

    private static final int KEPT = 20;

    private final Deque<String> lines = new ArrayDeque<>();

    synchronized void add(String run, HealingEvent event) {
        if (lines.size() == KEPT) {
            lines.removeFirst();
        }
        lines.addLast("run " + run + ", " + event.text());
    }

    /** Oldest first. */
    synchronized List<String> lines() {
        return List.copyOf(lines);
    }
}
