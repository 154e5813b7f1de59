package io.alignstream.local.command;

import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.exchange.RankedRequest;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.local.chat.ChatSession;
import io.alignstream.local.chat.ChatSettings;
import io.alignstream.local.input.DocumentSource;
import io.alignstream.local.input.EventFile;
import io.alignstream.local.input.InputReport;
import io.alignstream.local.pipeline.Chain;
import io.alignstream.local.pipeline.EventSet;
import io.alignstream.local.pipeline.Inputs;
import io.alignstream.local.pipeline.Registry;
import io.alignstream.local.pipeline.TopicLog;
import io.alignstream.local.report.StageResults;
import io.alignstream.local.report.Tables;
import io.alignstream.local.service.ChatClient;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.KafkaConnection;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./alignstream train}. */
@Command(
        name = "train",
        mixinStandardHelpOptions = true,
        description = {
            "Train on your own data.",
            "",
            "Reads all files through before anything is published and says what they hold, then runs the pipeline as far as there is data:"
                    + " documents give a base model, instructions an SFT model, rankings a reward model, and rankings"
                    + " with prompts an aligned model, which is served. Later calls with the same data folder add data"
                    + " and retrain what depends on it.",
            "",
            "Ctrl-C stops every process that this command started."
        })
public final class TrainCommand implements Callable<Integer> {

    @Mixin
    SiteOptions options = new SiteOptions();

    @Mixin
    TrainingOptions training = new TrainingOptions();

    @Option(names = "--documents", arity = "1..*", paramLabel = "DIR_OR_FILE", description = DocumentSource.HELP)
    List<String> documents = List.of();

    @Option(names = "--instructions", paramLabel = "FILE", description = EventFile.INSTRUCTIONS_HELP)
    @Nullable
    Path instructions;

    @Option(names = "--prompts", paramLabel = "FILE", description = EventFile.PROMPTS_HELP)
    @Nullable
    Path prompts;

    @Option(names = "--rankings", paramLabel = "FILE", description = EventFile.RANKINGS_HELP)
    @Nullable
    Path rankings;

    @Option(names = "--most-set-aside", paramLabel = "SHARE", description = InputReport.MOST_HELP)
    double mostSetAside = InputReport.MOST_SET_ASIDE;

    @Option(names = "--dry-run", description = "Read the files, say what they hold, and stop.")
    boolean dryRun;

    @Option(names = "--headless", description = "No chat at the end.")
    boolean headless;

    @Override
    public Integer call() throws IOException {
        Console console = Console.standard();
        List<EventSet<?>> events = validated(console);
        DocumentSource source = documents.isEmpty() ? null : source();
        if (source != null) {
            DocumentSource read = source();
            console.line("%s: %,d documents".formatted(String.join(", ", documents), read.validate()));
            read.report().lines().forEach(console::line);
        }
        if (events.isEmpty() && source == null) {
            throw new LaunchException(
                    "There is nothing to train on; give --documents, --instructions, --prompts or" + " --rankings.");
        }
        if (dryRun) {
            return 0;
        }
        Site site = options.site(training, console);
        try (LocalCluster cluster = LocalCluster.start(site, Installation.current(), console);
                CheckpointStore store = CheckpointStore.open(site.store().toUri(), site.storeCache())) {
            Registry registry = new Registry();
            cluster.publish(events, console);
            if (source != null) {
                cluster.load(source, console);
            }
            Stage last = lastWithData(site);
            Chain chain = cluster.follow(registry, last, console);
            console.line("");
            Tables.stages(StageResults.of(StageResults.open(chain, store), chain, registry, site.connection()))
                    .forEach(console::line);
            console.line("");
            chain.reference(last == Stage.INFERENCE ? Stage.RLHF : last)
                    .ifPresent(reference -> console.line("the " + last.model() + " model: " + reference.uri()));
            if (last == Stage.SFT && Inputs.end(site.connection(), Stage.RLHF) > 0) {
                console.line("to rank its answers: ./alignstream up, then " + site.address(Stage.REWARD) + "/rank");
            }
            if (last == Stage.INFERENCE) {
                console.line("served at " + site.address(Stage.INFERENCE));
                if (!headless) {
                    ChatClient client = new ChatClient(site.address(Stage.INFERENCE));
                    new ChatSession(client, client.model().orElseThrow(), ChatSettings.DEFAULT, console).run();
                }
            }
        }
        return 0;
    }

    private DocumentSource source() {
        return DocumentSource.at(documents, false, mostSetAside).heldOut(training.heldOut());
    }

    /** Everything that is to be published besides documents, read through once. */
    private List<EventSet<?>> validated(Console console) {
        List<EventSet<?>> events = new ArrayList<>();
        if (instructions != null) {
            EventFile<Instruction> file = EventFile.instructions(instructions, mostSetAside);
            file.lines().forEach(console::line);
            events.add(new EventSet<>(Topic.INSTRUCTIONS, file.size(), file::forEach));
        }
        if (prompts != null) {
            EventFile<Prompt> file = EventFile.prompts(prompts, mostSetAside);
            file.lines().forEach(console::line);
            events.add(new EventSet<>(Topic.PROMPTS, file.size(), file::forEach));
        }
        if (rankings != null) {
            EventFile<RankedRequest> file = EventFile.rankings(rankings, mostSetAside, null);
            file.lines().forEach(console::line);
            events.addAll(EventSet.ranked(file.size(), file::forEach));
        }
        return events;
    }

    /** The last stage that has data, from this call or an earlier one. */
    private static Stage lastWithData(Site site) {
        KafkaConnection kafka = site.connection();
        if (Inputs.end(kafka, Stage.TOKENIZER) == 0 && !hasBaseModel(kafka)) {
            throw new LaunchException("There are no documents in " + site.dataFolder()
                    + " yet; give --documents, or take a model as the base model with ./alignstream import.");
        }
        if (Inputs.end(kafka, Stage.SFT) == 0) {
            return Stage.PRETRAIN;
        }
        if (Inputs.end(kafka, Stage.REWARD) == 0) {
            return Stage.SFT;
        }
        return Inputs.end(kafka, Stage.RLHF) == 0 ? Stage.REWARD : Stage.INFERENCE;
    }

    private static boolean hasBaseModel(KafkaConnection kafka) {
        Registry registry = new Registry();
        try (TopicLog log = new TopicLog(kafka, Registry.TOPICS)) {
            log.readToEnd(registry::take);
        }
        return registry.newestCheckpoint(Stage.PRETRAIN, any -> true).isPresent();
    }
}
