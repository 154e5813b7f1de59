package io.alignstream.benchmarks.harness;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A process that works when told to: it reads commands as lines and answers each with a line of JSON.
 *
 * <p>One for each peer, so that memory is its own; while one works the others wait for a line.
 */
public final class WorkerProcess implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    /** Lines of a worker's log that tell why it ended. */
    private static final int LOG_END = 20;

    private static final List<String> LIBRARY_FOLDERS =
            List.of("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib");

    private final String name;
    private final Path log;
    private final Process process;
    private final BufferedReader answers;
    private final Writer commands;

    /**
     * Starts a worker and waits until it is ready.
     *
     * @param log gets its standard error
     */
    public WorkerProcess(String name, List<String> command, Map<String, String> environment, Path log)
            throws IOException {
        this.name = name;
        this.log = log;
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
        Path jemalloc = jemalloc();
        if (jemalloc != null && System.getenv("LD_PRELOAD") == null) {
            // for every peer: what Alignstream's launcher does for its services
            builder.environment().put("LD_PRELOAD", jemalloc.toString());
            builder.environment()
                    .put("MALLOC_CONF", "thp:always,background_thread:true,dirty_decay_ms:15000,muzzy_decay_ms:15000");
        }
        builder.environment().putAll(environment);
        process = builder.start();
        answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        commands = process.outputWriter(StandardCharsets.UTF_8);
        try {
            answer();
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /** Its name. */
    public String name() {
        return name;
    }

    /** The answer to one command. */
    public JsonNode ask(String command) throws IOException {
        tell(command);
        return answer();
    }

    /** Gives a command whose answer is waited for later, so that others can work meanwhile. */
    public void tell(String command) throws IOException {
        commands.write(command + "\n");
        commands.flush();
    }

    /** Most bytes that the process ever held in memory; empty where the system does not tell. */
    public OptionalLong peakResidentBytes() throws IOException {
        return status("VmHWM:");
    }

    /** Bytes that the process holds in memory now. */
    public OptionalLong residentBytes() throws IOException {
        return status("VmRSS:");
    }

    @Override
    public void close() throws IOException {
        try {
            commands.close();
        } finally {
            process.destroy();
        }
    }

    private OptionalLong status(String field) throws IOException {
        Path file = Path.of("/proc", Long.toString(process.pid()), "status");
        if (!Files.exists(file)) {
            return OptionalLong.empty();
        }
        return Files.readAllLines(file).stream()
                .filter(line -> line.startsWith(field))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
                .findFirst();
    }

    /** The answer to the oldest command that has none yet. */
    public JsonNode answer() throws IOException {
        String line = answers.readLine();
        if (line == null) {
            List<String> lines = Files.readAllLines(log);
            throw new IOException("the worker " + name + " ended: "
                    + String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_END), lines.size())));
        }
        return JSON.readTree(line);
    }

    private static @Nullable Path jemalloc() {
        return LIBRARY_FOLDERS.stream()
                .map(folder -> new File(folder, "libjemalloc.so.2").toPath())
                .filter(Files::isRegularFile)
                .findFirst()
                .orElse(null);
    }
}
