package io.alignstream.benchmarks.harness;

import io.alignstream.local.site.Installation;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Optional;

/** The library of fused operators, built once for the headers and sources at hand. */
public final class FusedOperators {

    /** Names the library for Alignstream. */
    public static final String VARIABLE = "ALIGNSTREAM_TORCH_OPERATORS";

    private FusedOperators() {}

    /** The library, built if that is possible; empty where there is no compiler or no headers. */
    public static Optional<Path> find(PrintStream out, Optional<PythonPeers> python)
            throws IOException, InterruptedException {
        String configured = System.getenv().getOrDefault(VARIABLE, "");
        if (!configured.isBlank()) {
            return Optional.of(Path.of(configured).toAbsolutePath());
        }
        if (python.isEmpty()) {
            out.println("without fused operators: their headers come with PyTorch");
            return Optional.empty();
        }
        Installation installation = new Installation(Path.of(System.getProperty("alignstream.home", ".")));
        Optional<Path> built = installation.operators();
        if (built.isPresent()) {
            return built;
        }
        Path library = installation.operatorsLibrary();
        String headers;
        try {
            headers = python.get().packageFolder("torch").resolve("include").toString();
        } catch (PythonPeers.UnavailableException e) {
            out.println("without fused operators: " + e.getMessage());
            return Optional.empty();
        }
        out.println("building the fused operators into " + library + " …");
        Process build = new ProcessBuilder(
                        installation.operatorsSources().resolve("build.sh").toString(), headers, library.toString())
                .inheritIO()
                .start();
        if (build.waitFor() == 0) {
            return Optional.of(library);
        }
        out.println("without fused operators: they could not be built (is g++ installed?)");
        return Optional.empty();
    }
}
