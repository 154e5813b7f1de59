package io.alignstream.local;

import io.alignstream.contracts.Stage;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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
final class UpCommand implements Callable<Integer> {

    @Mixin
    SiteOptions options = new SiteOptions();

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Seed of every random choice in training. Default: as the last time, at first 1.")
    @Nullable
    Long seed;

    @Override
    public Integer call() {
        Console console = Console.standard();
        Site site = options.site(seed);
        try (LocalCluster cluster = LocalCluster.start(site, Installation.current(), List.of(), console)) {
            cluster.keepRunning();
        }
        console.line("");
        for (Stage stage : Stage.values()) {
            console.line("  %-18s %s".formatted(stage.service(), site.address(stage)));
        }
        console.line("  %-18s %s".formatted("Kafka", site.bootstrapServers()));
        console.line("");
        console.line("Stop with: ./alignstream down");
        return 0;
    }
}
