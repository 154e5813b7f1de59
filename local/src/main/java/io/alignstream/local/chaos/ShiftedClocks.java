package io.alignstream.local.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Clocks of processes that can be set forward and back while these run, by libfaketime; monotonic clocks go on.
 *
 * @param library to be loaded before others
 * @param folder with a file for each process: how far its clock is off
 */
record ShiftedClocks(Path library, Path folder) {

    private static final List<String> LIBRARIES = List.of(
            "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
            "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
            "/usr/lib64/faketime/libfaketimeMT.so.1",
            "/usr/lib/faketime/libfaketimeMT.so.1");

    /** Empty where libfaketime is not installed. */
    static Optional<ShiftedClocks> in(Path folder) {
        return LIBRARIES.stream()
                .map(Path::of)
                .filter(Files::isRegularFile)
                .findFirst()
                .map(library -> new ShiftedClocks(library, folder));
    }

    /** Variables of {@code process}, which has {@code others} besides. */
    Map<String, String> environment(String process, Map<String, String> others) {
        shift(process, Duration.ZERO);
        String preloaded = others.getOrDefault("LD_PRELOAD", "");
        return Map.of(
                "LD_PRELOAD",
                preloaded.isEmpty() ? library.toString() : library + ":" + preloaded,
                "FAKETIME_TIMESTAMP_FILE",
                file(process).toString(),
                "FAKETIME_DONT_FAKE_MONOTONIC",
                "1",
                "FAKETIME_CACHE_DURATION",
                "1");
    }

    /** Sets the clock of {@code process} off by {@code shift} within a second. */
    void shift(String process, Duration shift) {
        try {
            Files.createDirectories(folder);
            Path next = folder.resolve(process + ".next");
            Files.writeString(next, "%+d".formatted(shift.toSeconds()) + "\n");
            Files.move(next, file(process), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path file(String process) {
        return folder.resolve(process + ".clock");
    }
}
