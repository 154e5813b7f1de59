package io.alignstream.local.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.stream.Collectors;

/**
 * Resident set sizes: physical memory that processes hold.
 *
 * <p>Pages that processes share, such as the mapped code of libtorch, count once for each of them, so a sum is an upper
 * bound of the memory taken together.
 */
public final class ResidentMemory {

    private ResidentMemory() {}

    /** Sum over {@code pids} in bytes; a process that has ended counts 0. */
    public static long bytes(Collection<Long> pids) {
        return Files.isReadable(Path.of("/proc/self/status"))
                ? pids.stream().mapToLong(ResidentMemory::fromProc).sum()
                : fromPs(pids);
    }

    private static long fromProc(long pid) {
        try {
            return Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(ResidentMemory::kibibytes)
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }

    private static long kibibytes(String line) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
    }

    /** For systems without /proc. */
    private static long fromPs(Collection<Long> pids) {
        String list = pids.stream().map(String::valueOf).collect(Collectors.joining(","));
        try {
            Process ps = new ProcessBuilder("ps", "-o", "rss=", "-p", list).start();
            try (var reader = ps.inputReader(StandardCharsets.US_ASCII)) {
                return reader.lines()
                        .filter(line -> !line.isBlank())
                        .mapToLong(ResidentMemory::kibibytes)
                        .sum();
            }
        } catch (IOException e) {
            return 0;
        }
    }
}
