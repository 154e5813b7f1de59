package io.alignstream.local.command;

import io.alignstream.local.site.Console;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code ./alignstream down}. */
@Command(
        name = "down",
        mixinStandardHelpOptions = true,
        description = {
            "Stop the services and the broker.",
            "",
            "Running jobs write a checkpoint first and continue from it at the next start."
        })
public final class DownCommand implements Callable<Integer> {

    @Mixin
    SiteOptions options = new SiteOptions();

    @Override
    public Integer call() {
        Console console = Console.standard();
        if (LocalCluster.stopAll(options.site(), console) == 0) {
            console.line("nothing is running");
        }
        return 0;
    }
}
