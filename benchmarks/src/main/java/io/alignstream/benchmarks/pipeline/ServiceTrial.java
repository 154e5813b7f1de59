package io.alignstream.benchmarks.pipeline;

import io.alignstream.contracts.Stage;
import io.alignstream.local.site.Installation;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A service in a process of its own with a heap of a given size, from its start to when it has read its topics; for one thread. */
final class ServiceTrial implements AutoCloseable {

    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration ANSWER = Duration.ofSeconds(20);
    private static final String OWN = "RssAnon:";
    private static final Duration SETTLING = Duration.ofSeconds(10);

    private final HttpClient http = HttpClient.newHttpClient();
    private final Stage stage;
    private final Process process;
    private final int port;
    private final Path log;
    private final long started = System.nanoTime();

    private ServiceTrial(Stage stage, Process process, int port, Path log) {
        this.log = log;
        this.stage = stage;
        this.process = process;
        this.port = port;
    }

    /**
     * Starts the service of {@code stage}; what it keeps lies below {@code folder}, so another trial there is a restart.
     *
     * @param heapMegabytes the most that its heap may take
     */
    static ServiceTrial start(Stage stage, Path folder, String bootstrapServers, int heapMegabytes) throws IOException {
        return start(stage, folder, bootstrapServers, heapMegabytes, List.of());
    }

    /** The same with settings of its own, each as {@code -Dname=value}. */
    static ServiceTrial start(
            Stage stage, Path folder, String bootstrapServers, int heapMegabytes, List<String> settings)
            throws IOException {
        Installation installation = Installation.current();
        Path own = Files.createDirectories(folder.resolve(stage.service()));
        Path log = own.resolve("log");
        int port = freePort();
        List<String> command = new ArrayList<>(List.of(
                installation.java().toString(),
                "-Xmx" + heapMegabytes + "m",
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dai.djl.offline=true",
                "-Dquarkus.http.host=127.0.0.1",
                "-Dquarkus.http.port=" + port,
                "-Dkafka.bootstrap.servers=" + bootstrapServers,
                "-Dalignstream.access.local=true",
                "-Dalignstream.store.root=" + store(stage, folder).toUri(),
                "-Dalignstream.store.cache=" + own.resolve("cache"),
                "-Dalignstream.views.folder=" + own.resolve("views")));
        command.addAll(settings);
        command.addAll(List.of("-jar", installation.serviceJar(stage).toString()));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        return new ServiceTrial(stage, process, port, log);
    }

    /** Where the service of {@code stage} has its store. */
    static Path store(Stage stage, Path folder) {
        return folder.resolve(stage.service()).resolve("store");
    }

    /** Where it listens. */
    URI address() {
        return URI.create("http://127.0.0.1:" + port + "/");
    }

    /**
     * Waits until the service has read its topics and returns the seconds since its start; NaN if it ends before or takes
     * longer than {@code limit}.
     */
    double awaitRead(Duration limit) throws InterruptedException {
        while (System.nanoTime() - started < limit.toNanos()) {
            if (process.waitFor(POLL.toMillis(), TimeUnit.MILLISECONDS)) {
                return Double.NaN;
            }
            if (hasRead()) {
                return (System.nanoTime() - started) / 1e9;
            }
        }
        return Double.NaN;
    }

    private boolean hasRead() throws InterruptedException {
        try {
            return get("/q/health/started").statusCode() == 200;
        } catch (IOException e) {
            return false; // not listening so far, or busy collecting garbage
        }
    }

    /** What lives in the heap, in megabytes: after a full collection. */
    double heapMegabytes() throws IOException, InterruptedException {
        Process collection = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(process.pid()),
                        "GC.run")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (collection.waitFor() != 0) {
            throw new IOException("jcmd could not ask " + stage.service() + " for a collection of its garbage");
        }
        double bytes = get("/q/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("jvm_memory_used_bytes{") && line.contains("area=\"heap\""))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
        return bytes / (1 << 20);
    }

    /** What the process has in memory, in megabytes: heap, libraries, and what RocksDB caches. */
    double residentMegabytes() throws IOException {
        return status("VmRSS:");
    }

    /**
     * What the process keeps to itself, in megabytes, files left out: they are the system's, which takes them back where it needs
     * the room. The least within ten seconds, as what is freed is given back in a while.
     */
    double steadyMegabytes() throws IOException, InterruptedException {
        double least = status(OWN);
        for (int second = 0; second < SETTLING.toSeconds(); second++) {
            Thread.sleep(1_000);
            least = Math.min(least, status(OWN));
        }
        return least;
    }

    private double status(String name) throws IOException {
        String line = Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status")).stream()
                .filter(each -> each.startsWith(name))
                .findFirst()
                .orElseThrow(() -> new IOException("the system does not tell " + name));
        return Double.parseDouble(line.replaceAll("\\D", "")) / 1024;
    }

    /** Seconds that processors have worked for it so far: what it would take, at most, if nothing else ran on the machine. */
    double cpuSeconds() {
        return process.info()
                .totalCpuDuration()
                .map(time -> time.toNanos() / 1e9)
                .orElse(Double.NaN);
    }

    /** What it has said last. */
    String lastLine() throws IOException {
        List<String> lines = Files.readAllLines(log);
        return lines.isEmpty() ? "" : lines.getLast();
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .timeout(ANSWER)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** Stops the service as a cluster does: it is asked to, and killed when it does not follow. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
