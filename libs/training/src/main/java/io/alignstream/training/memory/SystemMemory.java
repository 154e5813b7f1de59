package io.alignstream.training.memory;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Memory of this machine or container, as Linux tells it.
 *
 * @param free bytes that nobody uses, or that are given back when asked for
 * @param resident bytes of this process
 */
record SystemMemory(long free, long resident) {

    private static final Path CONTROL_GROUP = Path.of("/sys/fs/cgroup");

    /** As it is now; unbounded where the system does not tell. */
    static SystemMemory now() {
        return of(Path.of("/proc"), CONTROL_GROUP);
    }

    /**
     * As files tell it.
     *
     * @param proc with {@code meminfo} and {@code self/status}
     * @param group with {@code memory.max}, {@code memory.current} and {@code memory.stat}, where a container has a bound
     */
    static SystemMemory of(Path proc, Path group) {
        long free = kibibytes(proc.resolve("meminfo"), "MemAvailable").orElse(Long.MAX_VALUE / 2);
        OptionalLong bound = number(group.resolve("memory.max"), "^(\\d+)\\s*$");
        OptionalLong used = number(group.resolve("memory.current"), "^(\\d+)\\s*$");
        if (bound.isPresent() && used.isPresent()) {
            long reclaimable = number(group.resolve("memory.stat"), "(?m)^inactive_file (\\d+)$")
                    .orElse(0);
            free = Math.min(free, Math.max(0, bound.getAsLong() - used.getAsLong() + reclaimable));
        }
        return new SystemMemory(
                free, kibibytes(proc.resolve("self/status"), "VmRSS").orElse(0));
    }

    /** Bytes that this process can have, those that it has among them. */
    long available() {
        return free + resident;
    }

    private static OptionalLong kibibytes(Path file, String name) {
        OptionalLong found = number(file, "(?m)^" + name + ":\\s+(\\d+) kB$");
        return found.isPresent() ? OptionalLong.of(found.getAsLong() << 10) : found;
    }

    private static OptionalLong number(Path file, String pattern) {
        try {
            Matcher matcher = Pattern.compile(pattern).matcher(Files.readString(file, StandardCharsets.US_ASCII));
            return matcher.find() ? OptionalLong.of(Long.parseLong(matcher.group(1))) : OptionalLong.empty();
        } catch (IOException | NumberFormatException e) {
            return OptionalLong.empty();
        }
    }
}
