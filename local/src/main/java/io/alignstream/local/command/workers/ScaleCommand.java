package io.alignstream.local.command.workers;

import io.alignstream.contracts.Stage;
import io.alignstream.local.command.LocalCluster;
import io.alignstream.local.command.SiteOptions;
import io.alignstream.local.service.WorkersPlan;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.PretrainWorkers;
import io.alignstream.local.site.Site;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code ./alignstream scale pretrain N}. */
@Command(
        name = "scale",
        mixinStandardHelpOptions = true,
        description = {
            "Start or end workers that train the base model together, while it is trained.",
            "",
            "New ones join the run, those that end leave it after their step; the model comes out the same. Batches are cut"
                    + " into as many shards as when there were first several workers (./alignstream up"
                    + " --pretrain-workers): whoever is above that number stands by until another leaves. The first worker,"
                    + " whose page is pretrain-service's address, always stays."
        })
public final class ScaleCommand implements Callable<Integer> {

    @Mixin
    SiteOptions options = new SiteOptions();

    @Parameters(index = "0", paramLabel = "STAGE", description = "pretrain; no other stage has several workers.")
    String stage = "";

    @Parameters(
            index = "1",
            paramLabel = "N",
            description = "How many workers there are to be, 1 to " + PretrainWorkers.MOST + ".")
    int count;

    @Override
    public Integer call() {
        if (!stage.equals(Stage.PRETRAIN.id()) && !stage.equals(Stage.PRETRAIN.service())) {
            throw new LaunchException(
                    "There is no stage " + stage + " that can have several workers; only pretrain can.");
        }
        if (count == 0) {
            throw new LaunchException("The first worker of pretrain-service stays, as its address leads to it;"
                    + " everything ends with ./alignstream down.");
        }
        Console console = Console.standard();
        Site last = options.site();
        Site site = last.withPretrain(last.pretrain().withCount(count));
        LocalCluster.scale(site, Installation.current(), console);
        console.line(WorkersPlan.outcome(site));
        return 0;
    }
}
