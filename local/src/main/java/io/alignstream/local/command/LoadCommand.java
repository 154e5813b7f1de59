package io.alignstream.local.command;

import io.alignstream.local.input.DocumentSource;
import io.alignstream.local.input.InputReport;
import io.alignstream.local.pipeline.DocumentLoader;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.Site;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./alignstream load}. */
@Command(
        name = "load",
        mixinStandardHelpOptions = true,
        description = {
            "Publish documents in bulk.",
            "",
            "Starts what does not run yet, reads the files once and publishes each document while it reads. A load that"
                    + " was killed goes on when it is called again, and no document is published twice. Broker and"
                    + " services keep running and clean what arrives; train on it with: ./alignstream train"
        })
public final class LoadCommand implements Callable<Integer> {

    @Mixin
    SiteOptions options = new SiteOptions();

    @Mixin
    TrainingOptions training = new TrainingOptions();

    @Parameters(arity = "1..*", paramLabel = "DIR_OR_FILE", description = DocumentSource.HELP)
    List<String> documents = List.of();

    @Option(
            names = "--repair-encoding",
            description = "Replace bytes that are not UTF-8 by U+FFFD instead of setting their line or file aside.")
    boolean repair;

    @Option(
            names = "--most-set-aside",
            paramLabel = "SHARE",
            description = "Share of lines, rows, records and files, 0 to 1, that may be faulty and are then set aside;"
                    + " above it the load ends with an error. Default: ${DEFAULT-VALUE}")
    double mostSetAside = InputReport.MOST_SET_ASIDE;

    @Override
    public Integer call() {
        Console console = Console.standard();
        DocumentSource source =
                DocumentSource.at(documents, repair, mostSetAside).heldOut(training.heldOut());
        Site site = options.site(training, console);
        try (LocalCluster cluster = LocalCluster.start(site, Installation.current(), console)) {
            cluster.keepRunning();
            cluster.load(source, console);
        }
        console.line("cleaned as they arrive: " + site.address(io.alignstream.contracts.Stage.TOKENIZER));
        return 0;
    }

    /** Says what a load did. */
    static String describe(DocumentLoader.Result result) {
        String others = result.known() == 0 ? "" : ", %,d were there already".formatted(result.known());
        String files = result.filesPassedOver() == 0
                ? ""
                : ", %,d files were loaded before".formatted(result.filesPassedOver());
        return "published %,d documents%s%s".formatted(result.published(), others, files);
    }
}
