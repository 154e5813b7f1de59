package io.alignstream.local.service;

import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The C++ library by which several workers of one run add up their gradients; the ordinary build makes it where it can. */
public final class CollectiveLibrary {

    /** Names the library to a process that trains. */
    public static final String VARIABLE = "ALIGNSTREAM_TORCH_COLLECTIVE";

    private static final int SHOWN_LINES = 3;

    private CollectiveLibrary() {}

    /** The library that the environment names, else the one that was built. */
    public static Optional<Path> of(Installation installation) {
        String configured = System.getenv().getOrDefault(VARIABLE, "");
        return configured.isBlank()
                ? Optional.of(installation.collectiveLibrary()).filter(Files::isReadable)
                : Optional.of(Path.of(configured).toAbsolutePath());
    }

    /**
     * Builds the library unless there is one.
     *
     * @return why there is none; empty if there is one
     */
    static Optional<String> build(Installation installation, Console console) {
        if (of(installation).isPresent()) {
            return Optional.empty();
        }
        console.line("building the library by which workers add up their gradients …");
        try {
            Process build = new ProcessBuilder(
                            installation.collectiveBuild().toString(),
                            installation.collectiveLibrary().toString())
                    .redirectErrorStream(true)
                    .start();
            List<String> said;
            try (var reader = build.inputReader()) {
                said = reader.lines().filter(line -> !line.isBlank()).toList();
            }
            return build.waitFor() == 0
                    ? Optional.empty()
                    : Optional.of(said.subList(Math.max(0, said.size() - SHOWN_LINES), said.size()).stream()
                            .collect(Collectors.joining("\n    ")));
        } catch (IOException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LaunchException("Interrupted while building the library of workers.", e);
        }
    }
}
