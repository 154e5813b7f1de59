package io.alignstream.local.command.workers;

import io.alignstream.contracts.Stage;
import io.alignstream.local.command.LocalCluster;
import io.alignstream.local.command.SiteOptions;
import io.alignstream.local.service.WorkersPlan;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import io.alignstream.local.site.StageWorkers;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code ./alignstream scale STAGE N}. */
@Command(
        name = "scale",
        mixinStandardHelpOptions = true,
        description = {
            "Start or end workers that train a stage's model together, while it is trained.",
            "",
            "New ones join the run, those that end leave it after their step; the model comes out the same. Batches are cut"
                    + " into as many shards as when there were first several workers (./alignstream up"
                    + " --pretrain-workers): whoever is above that number stands by until another leaves. The first worker,"
                    + " whose page is the service's address, always stays."
        })
public final class ScaleCommand implements Callable<Integer> {

    @Mixin
    SiteOptions options = new SiteOptions();

    @Parameters(index = "0", paramLabel = "STAGE", description = "pretrain, sft, reward or rlhf.")
    String stage = "";

    @Parameters(
            index = "1",
            paramLabel = "N",
            description = "How many workers there are to be, 1 to " + StageWorkers.MOST + ".")
    int count;

    @Override
    public Integer call() {
        Stage scaled = StageWorkers.STAGES.stream()
                .filter(one -> stage.equals(one.id()) || stage.equals(one.service()))
                .findFirst()
                .orElseThrow(() -> new LaunchException("There is no stage " + stage
                        + " that can have several workers; choose one of "
                        + StageWorkers.STAGES.stream().map(Stage::id).collect(Collectors.joining(", ")) + "."));
        if (count == 0) {
            throw new LaunchException("The first worker of " + scaled.service()
                    + " stays, as its address leads to it; everything ends with ./alignstream down.");
        }
        StageWorkers.ALONE.withCount(count); // said before anything is looked for
        Console console = Console.standard();
        Site site = LocalCluster.scale(options::site, scaled, count, Installation.current(), console);
        console.line(WorkersPlan.outcome(site, scaled));
        return 0;
    }
}
