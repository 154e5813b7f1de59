package io.alignstream.local.service;

import io.alignstream.contracts.Stage;
import io.alignstream.local.process.ProcessSpec;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.ServiceInstance;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** How each service is started on this machine. */
public final class ServiceProcesses {

    private static final Duration START_LIMIT = Duration.ofMinutes(3);
    /** Long enough to finish a training step and write a checkpoint. */
    private static final Duration STOP_GRACE = Duration.ofSeconds(30);

    private static final List<String> LIBRARY_FOLDERS = List.of(
            "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib");

    private final Site site;
    private final Installation installation;

    public ServiceProcesses(Site site, Installation installation) {
        this.site = site;
        this.installation = installation;
    }

    /** How to start the process of the service of {@code stage} that its address leads to. */
    public ProcessSpec of(Stage stage) {
        return of(ServiceInstance.first(stage));
    }

    /** How to start one process of a service. */
    public ProcessSpec of(ServiceInstance instance) {
        Path jar = installation.serviceJar(instance.stage());
        ServiceClient client = new ServiceClient(site.address(instance));
        return new ProcessSpec(
                instance.name(),
                instance.stage().service(),
                command(instance, jar),
                environment(instance.stage()),
                build(jar),
                List.of(site.port(instance)),
                client::isRunning,
                START_LIMIT,
                STOP_GRACE);
    }

    private List<String> command(ServiceInstance instance, Path jar) {
        List<String> command = new ArrayList<>(List.of(
                installation.java().toString(),
                "-Xms32m",
                "-Xmx" + heapMegabytes(instance.stage()) + "m",
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dai.djl.offline=true",
                "-Dquarkus.http.host=127.0.0.1",
                "-Dquarkus.http.port=" + site.port(instance),
                "-Dkafka.bootstrap.servers=" + site.connection().servers()));
        SiteSettings.ofItself(site).forEach((name, value) -> command.add("-D" + name + "=" + value));
        int threads = site.workers(instance.stage()).threads();
        if (threads > 0) {
            command.add("-D" + WorkersPlan.THREADS + "=" + threads);
        }
        command.addAll(site.serviceOptions());
        if (!instance.isFirst()) {
            // Of two that count the last does, whatever the options say: nobody shares what is kept of the topics.
            command.add(
                    "-D" + SiteSettings.VIEWS + "=" + settings().value(SiteSettings.VIEWS) + "-" + instance.number());
        }
        command.add("-jar");
        command.add(jar.toString());
        return command;
    }

    private SiteSettings settings() {
        return new SiteSettings(site, System.getenv());
    }

    private Map<String, String> environment(Stage stage) {
        Map<String, String> environment = environment(installation);
        environment.putAll(site.connection().environment());
        if (WorkersPlan.isShared(stage, settings())) {
            CollectiveLibrary.of(installation)
                    .ifPresent(library -> environment.put(CollectiveLibrary.VARIABLE, library.toString()));
        }
        return environment;
    }

    /** Weights, activations and moments live outside the heap; the tokenizer's dictionaries live in it. */
    private static int heapMegabytes(Stage stage) {
        return stage == Stage.TOKENIZER ? 768 : 384;
    }

    /** Environment variables of every process on this machine that trains. */
    public static Map<String, String> environment(Installation installation) {
        Map<String, String> environment = new TreeMap<>();
        environment.put("DJL_CACHE_DIR", NativeLibraries.folder(installation).toString());
        // Threads that spin while they wait take the processor from the very thread that they wait for.
        environment.put("OMP_WAIT_POLICY", "passive");
        Optional<Path> jemalloc = jemalloc();
        if (jemalloc.isPresent() && System.getenv("LD_PRELOAD") == null) {
            // Freed activations stay with the process between steps instead of being mapped anew each time.
            environment.put("LD_PRELOAD", jemalloc.get().toString());
            environment.put(
                    "MALLOC_CONF", "thp:always,background_thread:true,dirty_decay_ms:15000,muzzy_decay_ms:15000");
        } else {
            environment.put("MALLOC_ARENA_MAX", "2");
        }
        return environment;
    }

    private static Optional<Path> jemalloc() {
        return LIBRARY_FOLDERS.stream()
                .map(folder -> Path.of(folder, "libjemalloc.so.2"))
                .filter(Files::isRegularFile)
                .findFirst();
    }

    /** Time of the newest file that the service is made of. */
    private static String build(Path jar) {
        try {
            return Files.getLastModifiedTime(jar).toString();
        } catch (IOException e) {
            throw new LaunchException("Cannot read " + jar + ": " + e.getMessage(), e);
        }
    }
}
