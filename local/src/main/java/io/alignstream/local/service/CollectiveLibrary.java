package io.alignstream.local.service;

import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The C++ library by which several workers of one run add up their gradients; the ordinary build makes it where it can. */
public final class CollectiveLibrary {

    /** Names the library to a process that trains. */
    public static final String VARIABLE = "ALIGNSTREAM_TORCH_COLLECTIVE";

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
     * @return a sentence on what is missing; empty if there is a library
     */
    static Optional<String> build(Installation installation, Console console) {
        if (of(installation).isPresent()) {
            return Optional.empty();
        }
        console.line("building the library by which several workers train one run …");
        try {
            Process build = new ProcessBuilder(
                            installation.collectiveBuild().toString(),
                            installation.collectiveLibrary().toString())
                    .redirectErrorStream(true)
                    .start();
            String last = "";
            try (var reader = build.inputReader()) {
                last = reader.lines().filter(line -> !line.isBlank()).reduce(last, (before, line) -> line);
            }
            return build.waitFor() == 0 ? Optional.empty() : Optional.of(last);
        } catch (IOException e) {
            return Optional.of(
                    "The library by which several workers train one run is not there: " + e.getMessage() + ".");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LaunchException("Interrupted while building the library of workers.", e);
        }
    }
}
