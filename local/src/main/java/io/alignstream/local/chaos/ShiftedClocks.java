package io.alignstream.local.chaos;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A wrong clock of a process from its start on, by libfaketime; its monotonic clock goes on as it is.
 *
 * @param library to be loaded before others
 */
record ShiftedClocks(Path library) {

    private static final List<String> LIBRARIES = List.of(
            "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
            "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
            "/usr/lib64/faketime/libfaketimeMT.so.1",
            "/usr/lib/faketime/libfaketimeMT.so.1");

    /** Empty where libfaketime is not installed. */
    static Optional<ShiftedClocks> installed() {
        return LIBRARIES.stream()
                .map(Path::of)
                .filter(Files::isRegularFile)
                .findFirst()
                .map(ShiftedClocks::new);
    }

    /** {@code environment} of a process whose clock is off by {@code shift}. */
    Map<String, String> shifted(Map<String, String> environment, Duration shift) {
        Map<String, String> all = new HashMap<>(environment);
        all.merge("LD_PRELOAD", library.toString(), (others, own) -> own + ":" + others);
        all.put("FAKETIME", "%+d".formatted(shift.toSeconds()));
        all.put("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        // The shift stays; looking it up again and again would cost more than all else.
        all.put("FAKETIME_CACHE_DURATION", "1000000");
        return all;
    }
}
