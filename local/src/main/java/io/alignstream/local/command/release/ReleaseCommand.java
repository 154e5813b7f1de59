package io.alignstream.local.command.release;

import io.alignstream.contracts.ModelRelease.Verdict;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.messages.Language;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.local.command.SiteOptions;
import io.alignstream.local.service.ReleaseClient;
import io.alignstream.local.service.ReleaseClient.Release;
import io.alignstream.local.site.Console;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./alignstream release list|approve|reject|rollback}. */
@Command(
        name = "release",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = {
            "Show the candidates that came to the gate, and decide about one; needs ./alignstream up.",
            "",
            "Of the approved releases the one that was approved last is served. A decision is published with your name"
                    + " and reason, and stands until the next one."
        },
        commandListHeading = "%nCommands:%n")
public final class ReleaseCommand {

    private static final String ROW = "%-12s  %-12s  %-11s  %-20s  %s";
    private static final Messages ENGLISH = Messages.in(Language.ENGLISH);

    /** Which release, and what is published with the verdict on it. */
    static final class Decision {

        @Parameters(
                paramLabel = "RUN",
                description = "The run that made the candidate, or the candidate's sha256; the beginning is enough.")
        String run = "";

        @Option(names = "--by", required = true, paramLabel = "NAME", description = "Your name.")
        String by = "";

        @Option(names = "--reason", required = true, paramLabel = "TEXT", description = "Why, in one sentence.")
        String reason = "";
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Show every candidate with its verdict, why and by whom; the newest decision first.")
    int list(@Mixin SiteOptions options) {
        Console console = Console.standard();
        List<Release> releases = client(options).list();
        if (releases.isEmpty()) {
            console.line("no candidate has come to the gate yet");
            return 0;
        }
        console.line(ROW.formatted("run", "candidate", "verdict", "decided by", "figures"));
        releases.forEach(release -> show(release, console));
        return 0;
    }

    @Command(
            name = "approve",
            mixinStandardHelpOptions = true,
            description = "Approve what was rejected or rolled back; it is served, as the newest approval.")
    int approve(@Mixin SiteOptions options, @Mixin Decision decision) {
        return decide(options, decision, Verdict.APPROVED);
    }

    @Command(
            name = "reject",
            mixinStandardHelpOptions = true,
            description = "Reject what the gate approved; the release approved before it is served.")
    int reject(@Mixin SiteOptions options, @Mixin Decision decision) {
        return decide(options, decision, Verdict.REJECTED);
    }

    @Command(
            name = "rollback",
            mixinStandardHelpOptions = true,
            description = "Roll back what was approved and proved bad; the release approved before it is served.")
    int rollback(@Mixin SiteOptions options, @Mixin Decision decision) {
        return decide(options, decision, Verdict.ROLLED_BACK);
    }

    private static int decide(SiteOptions options, Decision decision, Verdict verdict) {
        ReleaseClient client = client(options);
        Release release = ReleaseClient.find(client.list(), decision.run);
        Release decided = client.decide(release, verdict, decision.by, decision.reason);
        Console.standard()
                .line("run %s of %s is %s".formatted(decided.run(), decided.model(), name(decided.verdict())));
        return 0;
    }

    private static ReleaseClient client(SiteOptions options) {
        return new ReleaseClient(options.site().address(Stage.RLHF));
    }

    private static void show(Release release, Console console) {
        console.line(ROW.formatted(
                        release.run(),
                        release.reference().shortSha256(),
                        name(release.verdict()),
                        release.decidedBy() == null ? "the gate" : release.decidedBy(),
                        figures(release.figures()))
                .stripTrailing());
        console.line("              " + Messages.english(release.reason()));
    }

    private static String name(Verdict verdict) {
        return ENGLISH.text("verdict." + verdict.id());
    }

    private static String figures(Map<String, Double> figures) {
        return new TreeMap<>(figures)
                .entrySet().stream()
                        .map(figure -> "%s %.4g".formatted(figure.getKey(), figure.getValue()))
                        .collect(Collectors.joining(", "));
    }
}
