package io.alignstream.benchmarks.harness;

import io.alignstream.local.site.Installation;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Optional;

/** The library of fused operators. */
public final class FusedOperators {

    /** Names the library for Alignstream. */
    public static final String VARIABLE = "ALIGNSTREAM_TORCH_OPERATORS";

    private FusedOperators() {}

    /** The library that the environment names, or that the build has made; empty where it could not. */
    public static Optional<Path> find(PrintStream out) {
        String configured = System.getenv().getOrDefault(VARIABLE, "");
        if (!configured.isBlank()) {
            return Optional.of(Path.of(configured).toAbsolutePath());
        }
        Optional<Path> built = new Installation(Path.of(System.getProperty("alignstream.home", "."))).operators();
        if (built.isEmpty()) {
            out.println("without fused operators: the build could not make them; ./mvnw -Dquick package says why");
        }
        return built;
    }
}
