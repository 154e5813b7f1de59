package io.alignstream.benchmarks.harness;

import java.lang.management.ManagementFactory;
import java.util.function.LongSupplier;

/** Time of the wall and of processors, from construction on. */
public final class Clock {

    /**
     * How long something took.
     *
     * @param seconds by the clock on the wall
     * @param cpuSeconds of all processors, waiting and other programs left out
     */
    public record Time(double seconds, double cpuSeconds) {}

    private static final double NANOS = 1e9;

    private final LongSupplier cpu;
    private final long wallStart;
    private final long cpuStart;

    private Clock(LongSupplier cpu) {
        this.cpu = cpu;
        cpuStart = cpu.getAsLong();
        wallStart = System.nanoTime();
    }

    /** Counts the calling thread's processor time only, not that of the compiler and the collector beside it. */
    public static Clock ofThread() {
        return new Clock(ManagementFactory.getThreadMXBean()::getCurrentThreadCpuTime);
    }

    /** Counts the processor time of all threads of this program. */
    public static Clock ofProcess() {
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return new Clock(system::getProcessCpuTime);
    }

    /** What has passed since the beginning. */
    public Time time() {
        return new Time((System.nanoTime() - wallStart) / NANOS, (cpu.getAsLong() - cpuStart) / NANOS);
    }
}
