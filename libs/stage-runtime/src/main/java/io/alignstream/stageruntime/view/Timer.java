package io.alignstream.stageruntime.view;

import java.time.Duration;

/** Says every now and then that it is time, at first at once; for one thread. */
final class Timer {

    private final long nanos;
    private long last;

    Timer(Duration period) {
        this.nanos = period.toNanos();
        this.last = System.nanoTime() - nanos;
    }

    boolean due() {
        long now = System.nanoTime();
        if (now - last < nanos) {
            return false;
        }
        last = now;
        return true;
    }
}
