package io.alignstream.benchmarks.harness;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.benchmarks.harness.PythonPeers.UnavailableException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;

/** A program in Rust that a benchmark measures beside Alignstream. */
public final class RustPeers {

    private static final String WAY_OUT = "install Rust with cargo";

    private final Path program;

    private RustPeers(Path program) {
        this.program = program;
    }

    /**
     * The program {@code peers/NAME}, built with what its {@code Cargo.lock} pins; the first time that is a download and
     * takes minutes.
     *
     * @throws UnavailableException if there is no cargo or it cannot build
     */
    public static RustPeers build(PrintStream out, String name)
            throws IOException, InterruptedException, UnavailableException {
        Path home = Path.of(System.getProperty("alignstream.home", ".")).toAbsolutePath();
        Path target = home.resolve(".alignstream/peers").resolve(name);
        out.println("building " + name + " in " + target + " …");
        PythonPeers.run(
                WAY_OUT,
                Map.of(),
                "cargo",
                "build",
                "--release",
                "--locked",
                "--quiet",
                "--manifest-path",
                home.resolve("benchmarks/peers")
                        .resolve(name)
                        .resolve("Cargo.toml")
                        .toString(),
                "--target-dir",
                target.toString());
        return new RustPeers(target.resolve("release").resolve(name));
    }

    /** Runs the program and returns the JSON that it prints. */
    public JsonNode measure(String... arguments) throws IOException, InterruptedException, UnavailableException {
        String[] command = new String[arguments.length + 1];
        command[0] = program.toString();
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        return new ObjectMapper().readTree(PythonPeers.run(WAY_OUT, Map.of(), command));
    }
}
