package io.alignstream.local.lessons.run;

import java.lang.management.ManagementFactory;

/** Seconds since it began: by the wall, and of all of the machine's processors that this process had. */
public final class Clock {

    private final long wall = System.nanoTime();
    private final long processor = processorNanos();

    /** Seconds by the wall. */
    public double seconds() {
        return (System.nanoTime() - wall) / 1e9;
    }

    /** Processor seconds of this process. */
    public double processorSeconds() {
        return (processorNanos() - processor) / 1e9;
    }

    private static long processorNanos() {
        return ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
                .getProcessCpuTime();
    }
}
