package io.alignstream.local.monitoring;

import io.alignstream.local.process.Ports;
import io.alignstream.local.process.ProcessSpec;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.ServiceInstance;
import io.alignstream.local.site.Site;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** A Prometheus of the system that asks the services of a site and evaluates the alerts. */
public final class Prometheus {

    /** Name of its process, log and record. */
    public static final String NAME = "prometheus";

    /** What dashboards and alerts are, relative to the project. */
    public static final String FILES = "k8s/components/monitoring";

    private static final int PORT_OFFSET = 10;
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration STOP_GRACE = Duration.ofSeconds(20);
    private static final String SPEC = "spec:\n";

    private Prometheus() {}

    /** Where it listens. */
    public static int port(Site site) {
        return site.portBase() + PORT_OFFSET;
    }

    /** The program on {@code path}, a list of folders; empty where there is none. */
    public static Optional<Path> program(String path) {
        return Arrays.stream(path.split(File.pathSeparator))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder).resolve("prometheus"))
                .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
                .findFirst();
    }

    /**
     * Writes its settings into the site, which is prepared, and says how to start it.
     *
     * @param keyFile a file with an API key, for services that are closed
     */
    public static ProcessSpec at(Site site, Installation installation, Path program, Optional<Path> keyFile) {
        Path settings = site.run().resolve("prometheus.yaml");
        Path rules = site.run().resolve("prometheus-alerts.yaml");
        try {
            Files.writeString(
                    rules,
                    rules(Files.readString(installation.home().resolve(FILES).resolve("alerts.yaml"))));
            Files.writeString(settings, settings(site, rules, keyFile));
        } catch (IOException e) {
            throw new LaunchException(
                    "Cannot write the settings of Prometheus, " + settings + ": " + e.getMessage(), e);
        }
        int port = port(site);
        return new ProcessSpec(
                NAME,
                List.of(
                        program.toString(),
                        "--config.file=" + settings,
                        "--storage.tsdb.path=" + site.dataFolder().resolve(NAME),
                        "--web.listen-address=127.0.0.1:" + port),
                Map.of(),
                NAME,
                List.of(port),
                () -> Ports.isOpen(port),
                START_LIMIT,
                STOP_GRACE);
    }

    /** What Prometheus takes of the operator's resource: its {@code spec}. */
    static String rules(String resource) {
        int at = resource.indexOf(SPEC);
        if (at < 0) {
            throw new LaunchException(FILES + "/alerts.yaml has no " + SPEC.strip() + " with the alerts' rules.");
        }
        return resource.substring(at + SPEC.length())
                .lines()
                .map(line -> line.replaceFirst("^ {2}", ""))
                .collect(Collectors.joining("\n", "", "\n"));
    }

    private static String settings(Site site, Path rules, Optional<Path> keyFile) {
        StringBuilder text = new StringBuilder(
                """
                global:
                  scrape_interval: 5s
                  evaluation_interval: 15s
                rule_files:
                  - '%s'
                scrape_configs:
                  - job_name: alignstream
                    metrics_path: /q/metrics
                """
                        .formatted(quoted(rules)));
        keyFile.ifPresent(file -> text.append(
                "    authorization:\n      credentials_file: '%s'\n".formatted(quoted(file.toAbsolutePath()))));
        text.append("    static_configs:\n");
        for (ServiceInstance instance : site.instances()) {
            text.append("      - targets: ['127.0.0.1:%d']%n        labels: {instance: '%s'}%n"
                    .formatted(site.port(instance), instance.name()));
        }
        return text.toString();
    }

    private static String quoted(Path path) {
        return path.toString().replace("'", "''");
    }
}
