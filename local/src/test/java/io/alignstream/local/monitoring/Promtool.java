package io.alignstream.local.monitoring;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/** Prometheus' own tool for trying rules and queries; Debian's package prometheus has it, .ci/run fetches it where it is missing. */
record Promtool(Path program) {

    static Optional<Promtool> onThePath() {
        return Arrays.stream(
                        Objects.requireNonNullElse(System.getenv("PATH"), "").split(File.pathSeparator))
                .map(folder -> Path.of(folder).resolve("promtool"))
                .filter(Files::isExecutable)
                .findFirst()
                .map(Promtool::new);
    }

    /** What it says of {@code tests} that fail; empty if none does. */
    String test(Path tests) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        program.toString(), "test", "rules", tests.getFileName().toString())
                .directory(tests.getParent().toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() == 0 ? "" : said;
    }
}
