package io.alignstream.local.command.exchange;

import io.alignstream.contracts.Topic;
import io.alignstream.contracts.exchange.RankingFormat;
import io.alignstream.local.command.LocalCluster;
import io.alignstream.local.command.SiteOptions;
import io.alignstream.local.input.RankingsFile;
import io.alignstream.local.pipeline.EventSet;
import io.alignstream.local.pipeline.PublishedRankings;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
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
            "A file has one JSON object a line and may be packed (.jsonl.gz, .jsonl.zst). The formats:",
            "alignstream   {\"request\": {...}, \"ranking\": {...}}, the events themselves; nothing is lost",
            "trl   prompt, chosen, rejected: texts or lists of {\"role\", \"content\"}, as TRL's preference datasets",
            "hh-rlhf   chosen, rejected: whole transcripts, \"\\n\\nHuman: ... \\n\\nAssistant: ...\"",
            "ultrafeedback   instruction, completions with overall_score or rated aspects; ties and any number"
        },
        commandListHeading = "%nCommands:%n")
public final class RankingsCommand {

    @Command(
            name = "import",
            mixinStandardHelpOptions = true,
            description = {
                "Publish the rankings of a file, whose format its first line tells.",
                "",
                "What is there already is not published again. Lines that say no ranking are set aside, counted and"
                        + " shown. Reward training starts when enough is there: ./alignstream train or up."
            })
    int take(
            @Mixin SiteOptions options,
            @Parameters(paramLabel = "FILE", description = "JSON lines.") Path file,
            @Option(
                            names = "--annotator",
                            paramLabel = "NAME",
                            description = "Who ranked. Default: import:FORMAT. Files of ours keep their annotators.")
                    @Nullable
                    String annotator) {
        Console console = Console.standard();
        RankingsFile rankings = RankingsFile.open(file, annotator);
        console.line("%s: %,d rankings in the format %s".formatted(file, rankings.size(), rankings.format()));
        if (rankings.repeated() > 0) {
            console.line("%,d lines repeat earlier ones".formatted(rankings.repeated()));
        }
        if (rankings.setAside() > 0) {
            console.line("set aside %,d lines that say no ranking, among them".formatted(rankings.setAside()));
            rankings.examples().forEach(example -> console.line("  " + example));
        }
        Site site = options.site();
        try (LocalCluster cluster = LocalCluster.startBroker(site, Installation.current(), console)) {
            cluster.publish(events(rankings), console);
        }
        return 0;
    }

    /** The requests first: a ranking of a request that nobody asked would wait for it. */
    static List<EventSet<?>> events(RankingsFile rankings) {
        return List.of(
                new EventSet<>(
                        Topic.RANKING_REQUESTS,
                        rankings.size(),
                        events -> rankings.forEach(ranked -> events.accept(ranked.request()))),
                new EventSet<>(
                        Topic.RANKINGS,
                        rankings.size(),
                        events -> rankings.forEach(ranked -> events.accept(ranked.ranking()))));
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
                            description = "alignstream, trl, hh-rlhf or ultrafeedback.")
                    String format,
            @Option(
                            names = "--to",
                            required = true,
                            paramLabel = "FILE",
                            description = "The new file; packed if its name ends in .gz.")
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
        Console console = Console.standard();
        Site site = options.site();
        PublishedRankings published;
        try (LocalCluster cluster = LocalCluster.startBroker(site, Installation.current(), console)) {
            published = PublishedRankings.read(site.bootstrapServers());
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
