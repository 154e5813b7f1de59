package io.alignstream.benchmarks.harness;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/** Programs in Python that a benchmark measures beside Alignstream, in an environment made for them. */
public final class PythonPeers {

    /** A peer that cannot be measured here; the message says why. */
    public static final class UnavailableException extends Exception {
        private static final long serialVersionUID = 1L;

        /** Says why. */
        public UnavailableException(String message) {
            super(message);
        }
    }

    private final Path python;
    private final Path program;

    private PythonPeers(Path python, Path program) {
        this.python = python;
        this.program = program;
    }

    /**
     * The programs of {@code peers/PROGRAM} with what {@code peers/REQUIREMENTS} pins installed; the first time that is a
     * download.
     *
     * @throws UnavailableException if there is no Python or it cannot install
     */
    public static PythonPeers install(PrintStream out, String program, String requirements)
            throws IOException, InterruptedException, UnavailableException {
        Path home = Path.of(System.getProperty("alignstream.home", "."));
        Path peers = home.resolve("benchmarks/peers");
        byte[] pinned = Files.readAllBytes(peers.resolve(requirements));
        CRC32 hash = new CRC32();
        hash.update(pinned);
        Path folder = home.resolve(".alignstream/peers/" + Long.toHexString(hash.getValue()));
        Path python = folder.resolve("bin/python");
        Path complete = folder.resolve("complete");
        if (!Files.exists(complete)) {
            out.println("installing " + requirements + " into " + folder + " …");
            run(Map.of(), "python3", "-m", "venv", "--clear", folder.toString());
            run(
                    Map.of(),
                    python.toString(),
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "-r",
                    peers.resolve(requirements).toString());
            Files.write(complete, pinned);
        }
        return new PythonPeers(python, peers.resolve(program));
    }

    /** A program of {@code peers/} run by an interpreter that has what it needs. */
    public static PythonPeers with(Path python, String program) {
        return new PythonPeers(
                python.toAbsolutePath(),
                Path.of(System.getProperty("alignstream.home", "."), "benchmarks/peers", program));
    }

    /** How the program is started. */
    public List<String> command() {
        return List.of(python.toString(), program.toString());
    }

    /** Folder of an installed package. */
    public Path packageFolder(String name) throws IOException, InterruptedException, UnavailableException {
        String code = "import importlib.util as u; print(u.find_spec('" + name + "').submodule_search_locations[0])";
        return Path.of(run(Map.of(), python.toString(), "-c", code).strip());
    }

    /** Runs the program and returns the JSON that its last line is. */
    public JsonNode measure(Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException, UnavailableException {
        List<String> command = new ArrayList<>(List.of(python.toString(), program.toString()));
        command.addAll(List.of(arguments));
        String output = run(environment, command.toArray(String[]::new));
        return new ObjectMapper().readTree(output.strip().lines().reduce("", (first, last) -> last));
    }

    private static String run(Map<String, String> environment, String... command)
            throws IOException, InterruptedException, UnavailableException {
        return run("install Python 3.9 or newer with venv and pip", environment, command);
    }

    /** What a command prints; it fails with {@code wayOut} if there is no such command. */
    static String run(String wayOut, Map<String, String> environment, String... command)
            throws IOException, InterruptedException, UnavailableException {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        builder.redirectErrorStream(true);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new UnavailableException(command[0] + " cannot be started (" + e.getMessage() + "); " + wayOut);
        }
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exit = process.waitFor();
        if (exit != 0) {
            String[] lines = output.strip().split("\n");
            throw new UnavailableException(
                    String.join(" ", command) + " failed with exit code " + exit + ": " + lines[lines.length - 1]);
        }
        return output;
    }
}
