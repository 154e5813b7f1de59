package io.alignstream.local.command;

import io.alignstream.local.monitoring.Prometheus;
import io.alignstream.local.process.ProcessGroup;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.ServiceInstance;
import io.alignstream.local.site.Site;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./alignstream up}. */
@Command(
        name = "up",
        mixinStandardHelpOptions = true,
        description = {
            "Start the broker and the six services and leave them running.",
            "",
            "What already runs is left alone; a service that was killed comes back and continues its work.",
            "Stop them with: ./alignstream down"
        })
public final class UpCommand implements Callable<Integer> {

    @Mixin
    SiteOptions options = new SiteOptions();

    @Mixin
    TrainingOptions training = new TrainingOptions();

    @Option(
            names = "--monitoring",
            description =
                    "Start Prometheus, too, if it is installed: it asks the services for their metrics and evaluates"
                            + " the alerts. Else say how to get it.")
    boolean monitoring;

    @Override
    public Integer call() {
        Console console = Console.standard();
        Site site = options.site(training, console);
        try (LocalCluster cluster = LocalCluster.start(site, Installation.current(), console)) {
            cluster.keepRunning();
            if (monitoring) {
                startPrometheus(cluster, site, console);
            }
        }
        console.line("");
        for (ServiceInstance instance : site.instances()) {
            console.line("  %-18s %s".formatted(instance.name(), site.address(instance)));
        }
        console.line("  %-18s %s".formatted("Kafka", site.connection().servers()));
        console.line("");
        console.line("Stop with: " + options.commandLine("down"));
        return 0;
    }

    private static void startPrometheus(LocalCluster cluster, Site site, Console console) {
        Installation installation = Installation.current();
        Optional<Path> program = Prometheus.program(Objects.requireNonNullElse(System.getenv("PATH"), ""));
        if (program.isEmpty()) {
            console.line("Prometheus is not on the path, so it is not started; on Debian: apt-get install prometheus");
            return;
        }
        cluster.startBeside(Prometheus.at(
                site,
                installation,
                program.get(),
                Optional.ofNullable(System.getenv(ProcessGroup.CREDENTIAL + "_FILE"))
                        .map(Path::of)));
        console.line("");
        console.line("  %-18s %s".formatted("Prometheus", "http://127.0.0.1:" + Prometheus.port(site)));
        console.line("  In a Grafana of yours make this a data source, and import the dashboards of "
                + installation.home().resolve(Prometheus.FILES).resolve("dashboards"));
    }
}
