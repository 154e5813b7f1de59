package io.alignstream.benchmarks.pipeline;

import io.alignstream.contracts.Stage;
import io.alignstream.local.site.Installation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** One instance of tokenizer-service in a process of its own, against a benchmark's broker. */
final class TokenizerProcess {

    private final Process process;
    private final Path state;

    private TokenizerProcess(Process process, Path state) {
        this.process = process;
        this.state = state;
    }

    /** Starts an instance whose state lies below {@code folder}; returns at once. */
    static TokenizerProcess start(Path folder, String bootstrapServers, String instance) throws IOException {
        Installation installation = Installation.current();
        Path state = folder.resolve("state");
        Files.createDirectories(state);
        Process process = new ProcessBuilder(List.of(
                        installation.java().toString(),
                        "-Xmx768m",
                        "-XX:+UseSerialGC",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-Dquarkus.http.host=127.0.0.1",
                        "-Dquarkus.http.port=" + freePort(),
                        "-Dkafka.bootstrap.servers=" + bootstrapServers,
                        "-Dalignstream.store.root=" + folder.resolve("store").toUri(),
                        "-Dalignstream.store.cache=" + folder.resolve("cache"),
                        "-Dalignstream.tokenizer.state-dir=" + state,
                        "-Dalignstream.tokenizer.instance-id=" + instance,
                        "-Dalignstream.tokenizer.minimum-documents=1000000000",
                        "-Dalignstream.tokenizer.threads=1",
                        "-jar",
                        installation.serviceJar(Stage.TOKENIZER).toString()))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("service.log").toFile())
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        return new TokenizerProcess(process, state);
    }

    /** Bytes of the topology's state on disk. */
    long stateBytes() {
        try (Stream<Path> files = Files.walk(state)) {
            return files.filter(Files::isRegularFile).mapToLong(this::size).sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file that is compacted away meanwhile has no size. */
    private long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            return 0;
        }
    }

    /** Processor time so far. */
    double cpuSeconds() {
        return process.info()
                .totalCpuDuration()
                .map(time -> time.toNanos() / 1e9)
                .orElse(0.0);
    }

    /** Ends the process as kill -9 does. */
    void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
