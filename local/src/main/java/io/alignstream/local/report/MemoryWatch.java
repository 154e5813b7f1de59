package io.alignstream.local.report;

import io.alignstream.local.process.ResidentMemory;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Samples the resident memory of all processes and keeps the largest sum; {@link #peakBytes} is thread-safe. */
public final class MemoryWatch implements AutoCloseable {

    private static final Duration EVERY = Duration.ofMillis(500);

    private final Supplier<Collection<Long>> pids;
    private final Thread thread;
    private volatile boolean closed;
    private volatile long peak;

    /** Watches the processes that {@code pids} names at each moment, and this one. */
    public MemoryWatch(Supplier<Collection<Long>> pids) {
        this.pids = pids;
        this.thread = Thread.ofPlatform().daemon().name("memory-watch").start(this::watch);
    }

    private void watch() {
        while (!closed) {
            Set<Long> all = new HashSet<>(pids.get());
            all.add(ProcessHandle.current().pid());
            peak = Math.max(peak, ResidentMemory.bytes(all));
            LockSupport.parkNanos(EVERY.toNanos());
        }
    }

    /** The largest sum seen so far. */
    public long peakBytes() {
        return peak;
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}
