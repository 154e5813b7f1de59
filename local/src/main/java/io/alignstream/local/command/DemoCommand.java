package io.alignstream.local.command;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.local.chat.ChatSession;
import io.alignstream.local.chat.ChatSettings;
import io.alignstream.local.pipeline.EventSet;
import io.alignstream.local.report.DemoReport;
import io.alignstream.local.report.Tables;
import io.alignstream.local.service.ChatClient;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.ServiceInstance;
import io.alignstream.local.site.Site;
import io.alignstream.local.world.World;
import io.alignstream.local.world.WorldGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./alignstream demo}. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = {
            "Train on the sample world and talk to the result.",
            "",
            "Starts what does not run yet, publishes documents, instructions, prompts and recorded rankings about"
                    + " Chinese cities, follows all stages, and shows what the models have learned. Simulated"
                    + " annotators rank what the SFT model answers. Run it again and it goes on where it was; what is"
                    + " finished is not trained again.",
            "",
            "At the end it asks whether to leave the services running; where nobody sits at the terminal it stops what it"
                    + " started. So does Ctrl-C."
        })
public final class DemoCommand implements Callable<Integer> {

    /** Prompts whose sampled answers are ranked. */
    private static final int SAMPLED_PROMPTS = 300;

    /** So many of them get two different answers whatever the SFT model is like; more are ranked before training starts. */
    private static final int SURELY_RANKED = 200;

    @Mixin
    SiteOptions options = new SiteOptions();

    @Mixin
    TrainingOptions training = new TrainingOptions();

    @Option(names = "--headless", description = "No chat at the end, and no question.")
    boolean headless;

    @Option(
            names = "--keep",
            description =
                    "Leave broker and services running at the end, without asking. Stop them with ./alignstream down.")
    boolean keep;

    @Option(names = "--report", paramLabel = "FILE", description = "Write what was measured as JSON.")
    @Nullable
    Path report;

    @Option(
            names = "--documents",
            paramLabel = "N",
            defaultValue = "" + WorldGenerator.DOCUMENTS,
            description = "How many documents to publish. Default: ${DEFAULT-VALUE}.")
    int documents;

    @Override
    public Integer call() throws IOException {
        long begin = System.nanoTime();
        Console console = Console.standard();
        Site site = options.site();
        requireSameSeed(site);
        site = withOwnSettings(options.site(training, console), Installation.current(), System.getenv());
        try (LocalCluster cluster = LocalCluster.start(site, Installation.current(), console)) {
            DemoReport result = new DemoRun(site, cluster, console, begin).run(world(site.seed(), documents));
            show(result, site, console);
            if (report != null) {
                result.write(report);
                console.line("report written to " + report);
            }
            if (keep) {
                cluster.keepRunning(); // whoever leaves the chat by Ctrl-C finds them running, too
            }
            if (!headless) {
                ChatClient client = new ChatClient(site.address(Stage.INFERENCE));
                console.line("Ask about a city, for example 成都有啥必去的地方啊 (an empty line ends):");
                new ChatSession(client, result.served().model(), ChatSettings.DEFAULT, console).run();
            }
            settle(cluster, console);
        }
        return 0;
    }

    /** Leaves running what this command has started, if a person says so, as an option or asked at the end. */
    void settle(LocalCluster cluster, Console console) {
        if (keep || (!headless && cluster.hasStarted() && console.confirms("Leave the services running?"))) {
            cluster.keepRunning();
            console.line("The services keep running; stop them with: " + options.commandLine("down"));
        }
    }

    /**
     * What the sample world needs: of its documents only exact duplicates may go, as their frequencies are to be learned, and
     * the reward model waits for rankings of the SFT model's answers; and it is trained with what this machine computes fastest
     * with. What the user gives counts, as an option or in the environment.
     */
    static Site withOwnSettings(Site site, Installation installation, Map<String, String> environment)
            throws IOException {
        int recorded = new WorldGenerator(World.load(), site.seed()).rankings().size();
        Map<String, String> own = new TreeMap<>(Map.of(
                "alignstream.tokenizer.cleaning.profile",
                "exact",
                "alignstream.reward.minimum-rankings",
                Integer.toString(recorded + SURELY_RANKED),
                "alignstream.reward.sampling.prompts",
                Integer.toString(SAMPLED_PROMPTS),
                // On a busy machine a ranking may take a second or two: training is not to begin in between.
                "alignstream.reward.debounce",
                "PT5S"));
        if (!Files.isDirectory(site.kafka())) {
            own.putAll(fastest(site, installation));
        }
        List<String> serviceOptions = new ArrayList<>(site.serviceOptions());
        own.forEach((name, value) -> {
            String option = "-D" + name + "=";
            String variable = name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
            if (!environment.containsKey(variable)
                    && serviceOptions.stream().noneMatch(given -> given.startsWith(option))) {
                serviceOptions.add(option + value);
            }
        });
        return site.withServiceOptions(serviceOptions);
    }

    /** What this machine computes fastest with. Said once: what has begun goes on with the bits that it began with. */
    private static Map<String, String> fastest(Site site, Installation installation) throws IOException {
        Map<String, String> settings = new TreeMap<>();
        for (Stage stage : List.of(Stage.PRETRAIN, Stage.SFT, Stage.REWARD, Stage.RLHF)) {
            settings.put(
                    "alignstream." + stage.id() + ".precision",
                    Precision.fastest().label());
        }
        Optional<Path> built = installation.operators();
        if (built.isPresent()) {
            settings.put(
                    "alignstream.torch.operators", copied(built.get(), site).toString());
        }
        return settings;
    }

    /** A copy of its own: the next one that is built computes other bits. */
    private static Path copied(Path library, Site site) throws IOException {
        Path folder = Files.createDirectories(site.dataFolder().resolve("operators"));
        return Files.copy(library, folder.resolve(library.getFileName()), StandardCopyOption.REPLACE_EXISTING);
    }

    /** Two seeds' documents in one data folder would make a third corpus. */
    private void requireSameSeed(Site last) {
        Long seed = training.seed;
        if (seed != null && seed != last.seed() && Files.isDirectory(last.kafka())) {
            throw new LaunchException(last.dataFolder() + " holds the sample world of seed " + last.seed()
                    + "; give seed " + seed + " a data folder of its own with --data-dir.");
        }
    }

    /** Documents last: all the rest is there when the first stage starts. */
    public static List<EventSet<?>> world(long seed, int documents) {
        WorldGenerator world = new WorldGenerator(World.load(), seed);
        return List.of(
                EventSet.of(Topic.INSTRUCTIONS, world.instructions()),
                EventSet.of(Topic.PROMPTS, world.prompts()),
                EventSet.of(Topic.GUIDELINES, List.of(WorldGenerator.guideline())),
                EventSet.of(Topic.RANKING_REQUESTS, world.rankingRequests()),
                EventSet.of(Topic.RANKINGS, world.rankings()),
                new EventSet<>(Topic.DOCUMENTS, documents, consumer -> world.documents(documents)
                        .forEachOrdered(consumer)));
    }

    private static void show(DemoReport result, Site site, Console console) {
        console.line("");
        Tables.stages(result.stages()).forEach(console::line);
        console.line("");
        console.line("Probability of each answer, over these candidates:");
        Tables.associations(result.associationTable()).forEach(console::line);
        console.line("");
        console.line("Answers sampled again and again, and how many of them are one of the landmark's names:");
        Tables.samples(result.samples()).forEach(console::line);
        console.line("");
        console.line("Share of right answers, and of answers in the right style:");
        Tables.splits(result.splits()).forEach(console::line);
        console.line("");
        console.line("Whose judgement that is:");
        Tables.annotation(result.annotation()).forEach(console::line);
        console.line("");
        console.line("  %.0f s in all, at most %.2f GiB resident"
                .formatted(result.totalSeconds(), result.peakResidentBytes() / (double) (1L << 30)));
        console.line("");
        for (ServiceInstance instance : site.instances()) {
            console.line("  %-18s %s".formatted(instance.name(), site.address(instance)));
        }
        console.line("");
        DemoReport.Served served = result.served();
        console.line("you> " + served.prompt());
        console.line(served.model() + "> " + served.answer());
    }
}
