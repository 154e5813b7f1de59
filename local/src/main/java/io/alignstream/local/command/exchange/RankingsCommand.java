package io.alignstream.local.command.exchange;

import io.alignstream.contracts.exchange.RankedRequest;
import io.alignstream.contracts.exchange.RankingFormat;
import io.alignstream.local.command.LocalCluster;
import io.alignstream.local.command.SiteOptions;
import io.alignstream.local.input.EventFile;
import io.alignstream.local.input.InputReport;
import io.alignstream.local.pipeline.EventSet;
import io.alignstream.local.pipeline.PublishedRankings;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./alignstream rankings import|export}. */
@Command(
        name = "rankings",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = {
            "Take the rankings of others, and hand on what was ranked here.",
            "",
            "The formats, each element a JSON object or a row:",
            "alignstream   request and ranking, the events themselves; nothing is lost",
            "trl   prompt, chosen, rejected: texts or lists of {\"role\", \"content\"}, as TRL's preference datasets",
            "hh-rlhf   chosen, rejected: whole transcripts, \"\\n\\nHuman: ... \\n\\nAssistant: ...\"",
            "ultrafeedback   instruction, completions with overall_score or rated aspects; ties and any number",
            "argilla   fields and responses: what each annotator has ordered or rated"
        },
        commandListHeading = "%nCommands:%n")
public final class RankingsCommand {

    @Command(
            name = "import",
            mixinStandardHelpOptions = true,
            description = {
                "Publish the rankings of a file.",
                "",
                "It is read through first, and what it holds and what is set aside is said. What is there already is not"
                        + " published again. Reward training starts when enough is there: ./alignstream train or up."
            })
    int take(
            @Mixin SiteOptions options,
            @Parameters(paramLabel = "FILE", description = EventFile.RANKINGS_HELP) Path file,
            @Option(
                            names = "--annotator",
                            paramLabel = "NAME",
                            description = "Who ranked. Default: import:FORMAT. Files of ours keep their annotators.")
                    @Nullable
                    String annotator,
            @Option(
                            names = "--most-set-aside",
                            paramLabel = "SHARE",
                            defaultValue = "" + InputReport.MOST_SET_ASIDE,
                            description = InputReport.MOST_HELP)
                    double mostSetAside,
            @Option(names = "--dry-run", description = "Read the file, say what it holds, and stop.") boolean dryRun) {
        Console console = Console.standard();
        EventFile<RankedRequest> rankings = EventFile.rankings(file, mostSetAside, annotator);
        rankings.lines().forEach(console::line);
        if (dryRun) {
            return 0;
        }
        Site site = options.site();
        try (LocalCluster cluster = LocalCluster.startBroker(site, Installation.current(), console)) {
            cluster.publish(EventSet.ranked(rankings.size(), rankings::forEach), console);
        }
        return 0;
    }

    @Command(
            name = "export",
            mixinStandardHelpOptions = true,
            description = {
                "Write every ranking that is published.",
                "",
                "A ranking of K answers gives all its pairs in the formats of pairs, ties none. What a format cannot say"
                        + " is counted, with the reason."
            })
    int give(
            @Mixin SiteOptions options,
            @Option(
                            names = "--format",
                            required = true,
                            paramLabel = "FORMAT",
                            description = "alignstream, trl, hh-rlhf, ultrafeedback or argilla.")
                    String format,
            @Option(
                            names = "--to",
                            required = true,
                            paramLabel = "FILE",
                            description = "The new file, .jsonl; packed if .gz or .zst stands behind.")
                    Path target)
            throws IOException {
        RankingFormat chosen = RankingFormat.of(format)
                .orElseThrow(() -> new LaunchException("There is no format " + format + "; known are "
                        + String.join(
                                ", ",
                                Arrays.stream(RankingFormat.values())
                                        .map(RankingFormat::id)
                                        .toList())
                        + "."));
        ExchangeFile.requireNew(target);
        Console console = Console.standard();
        Site site = options.site();
        PublishedRankings published;
        try (LocalCluster cluster = LocalCluster.startBroker(site, Installation.current(), console)) {
            published = PublishedRankings.read(site.connection());
        }
        write(published, chosen, target, console);
        return 0;
    }

    /** Writes {@code published} to {@code target} and says what became of it. */
    static void write(PublishedRankings published, RankingFormat format, Path target, Console console)
            throws IOException {
        ExchangeFile.write(published.ranked(), format::write, "rankings", target, console);
        if (published.withoutRequest() > 0) {
            console.line("left out %,d whose request is not kept any more".formatted(published.withoutRequest()));
        }
    }
}
