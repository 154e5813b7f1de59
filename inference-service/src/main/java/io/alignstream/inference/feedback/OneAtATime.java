package io.alignstream.inference.feedback;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Runs what concerns the same one after the other, and what concerns others meanwhile. Thread-safe; remembers only what is running
 * or waits.
 */
public final class OneAtATime {

    private final ConcurrentHashMap<Object, Turn> turns = new ConcurrentHashMap<>();

    /** Changed within the map's own lock of its key. */
    private static final class Turn {
        private final ReentrantLock lock = new ReentrantLock(true);
        private int users;
    }

    /** Runs {@code action} when nothing else that concerns {@code key} does; waits for as long as that takes. */
    public void run(Object key, Runnable action) {
        Turn turn = turns.compute(key, (same, there) -> {
            Turn mine = there == null ? new Turn() : there;
            mine.users++;
            return mine;
        });
        turn.lock.lock();
        try {
            action.run();
        } finally {
            turn.lock.unlock();
            turns.computeIfPresent(key, (same, there) -> --there.users == 0 ? null : there);
        }
    }

    int remembered() {
        return turns.size();
    }
}
