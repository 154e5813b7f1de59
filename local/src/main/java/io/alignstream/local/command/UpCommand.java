package io.alignstream.local.command;

import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.ServiceInstance;
import io.alignstream.local.site.Site;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

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

    @Override
    public Integer call() {
        Console console = Console.standard();
        Site site = options.site(training, console);
        try (LocalCluster cluster = LocalCluster.start(site, Installation.current(), console)) {
            cluster.keepRunning();
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
}
