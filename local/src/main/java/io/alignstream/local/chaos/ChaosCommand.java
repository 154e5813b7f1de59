package io.alignstream.local.chaos;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.Stage;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ./alignstream chaos}. */
@Command(
        name = "chaos",
        mixinStandardHelpOptions = true,
        description = {
            "Disturb a tiny pipeline, and see whether anything is lost, doubled or other than undisturbed.",
            "",
            "Services and broker are killed with signal 9 or held, services get a twin, clocks are set forward and back"
                    + " (with libfaketime), every tenth object is not written to the store, which at times answers"
                    + " nobody or is full. In the end all models must have the weights of an undisturbed pass, every event"
                    + " must be there once, what a person rolled back must be rolled back, and nothing may be left in the"
                    + " store that nobody needs.",
            "",
            "What pretraining came to meanwhile is said, too: its goodput (steps that counted, each with what a step takes at the"
                    + " time, by all time from the first step to the end of the disturbance), regroupings, and the longest"
                    + " pause of surviving workers after another was killed or held.",
            "",
            "Exit code 1 if something is not as it must be; the data folder of that seed stays, logs included."
        })
public final class ChaosCommand implements Callable<Integer> {

    private static final int PORT_BASE = 18_280;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "What happens when, and to whom; 1-20: one after the other. Default: ${DEFAULT-VALUE}.")
    String seed = "";

    @Option(
            names = "--minutes",
            paramLabel = "M",
            defaultValue = "2",
            description = "How long each seed disturbs. Default: ${DEFAULT-VALUE}.")
    double minutes;

    @Option(
            names = "--port-base",
            paramLabel = "PORT",
            defaultValue = "" + PORT_BASE,
            description =
                    "Services listen on PORT+1 to PORT+6, Kafka on PORT+12 and PORT+13. Default: ${DEFAULT-VALUE}.")
    int portBase;

    @Option(
            names = "--pretrain-workers",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "How many workers train the base model while it is disturbed; undisturbed it is one, and the weights"
                            + " must be the same. Workers are disturbed like services, and besides asked to end and started again."
                            + " Default: ${DEFAULT-VALUE}.")
    int pretrainWorkers;

    @Option(
            names = "--sft-workers",
            paramLabel = "N",
            defaultValue = "1",
            description = "The same of the fine-tuning; these are disturbed like services. Default: ${DEFAULT-VALUE}.")
    int sftWorkers;

    @Option(
            names = "--reward-workers",
            paramLabel = "N",
            defaultValue = "1",
            description = "The same of reward model and judge. Default: ${DEFAULT-VALUE}.")
    int rewardWorkers;

    @Option(
            names = "--rlhf-workers",
            paramLabel = "N",
            defaultValue = "1",
            description = "The same of RLHF. Default: ${DEFAULT-VALUE}.")
    int rlhfWorkers;

    @Option(
            names = "--service-option",
            paramLabel = "OPTION",
            description =
                    "For every service's JVM, for example --service-option=-Dalignstream.pretrain.steps=2000, so that"
                            + " more of the disturbance meets pretraining; may be repeated.")
    List<String> serviceOptions = List.of();

    @Option(
            names = "--only",
            paramLabel = "workers",
            description =
                    "Disturb nothing but pretraining's workers, from their first step to their last: they are killed, the"
                            + " one that leads included, held, and asked to end and started again. No later stage runs.")
    @Nullable
    Part only;

    @Option(
            names = "--faults",
            split = ",",
            paramLabel = "FAULTS",
            hideParamSyntax = true,
            description = "What may happen, for example kill,stop: ${COMPLETION-CANDIDATES}. Default: all; with --only"
                    + " workers kill, stop and resize.")
    Set<Fault> faults = Set.of();

    @Option(
            names = "--every",
            paramLabel = "SECONDS",
            description = "Mean time from one fault to the next. Default: a pause of 4 s on average after each.")
    @Nullable
    Double every;

    @Option(
            names = "--count",
            paramLabel = "N",
            description = "End when so many faults have happened, if the minutes are not over before.")
    int count = Integer.MAX_VALUE;

    /** What can be disturbed alone. */
    enum Part {
        WORKERS
    }

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "Where the trials work. Default: .alignstream/chaos in the project's folder.")
    @Nullable
    Path dataFolder;

    @Option(names = "--json", paramLabel = "FILE", description = "Write what each seed came to as JSON, too.")
    @Nullable
    Path json;

    @Override
    public Integer call() throws IOException {
        if (!(minutes > 0 && minutes <= 600)) {
            throw new LaunchException("--minutes is " + minutes + " but must lie between 0 and 600.");
        }
        Console console = Console.standard();
        Installation installation = Installation.current();
        Path folder = dataFolder == null ? installation.cache().resolve("chaos") : dataFolder;
        Map<Stage, Integer> workers = Map.of(
                Stage.PRETRAIN, pretrainWorkers,
                Stage.SFT, sftWorkers,
                Stage.REWARD, rewardWorkers,
                Stage.RLHF, rlhfWorkers);
        Trial trial = new Trial(installation, portBase, console, workers, serviceOptions, plan());
        console.line("undisturbed, to compare with:");
        Evidence undisturbed = trial.undisturbed(empty(folder.resolve("undisturbed")));
        delete(folder.resolve("undisturbed"));
        List<TrialReport> reports = new ArrayList<>();
        for (long one : seeds()) {
            console.line("seed " + one + ":");
            Path data = empty(folder.resolve("seed-" + one));
            TrialReport report =
                    trial.disturbed(data, one, Duration.ofMillis(Math.round(minutes * 60_000)), undisturbed);
            reports.add(report);
            console.line(report.toString());
            if (report.findings().isEmpty()) {
                delete(data);
            }
            if (json != null) {
                JsonMapper.builder()
                        .enable(SerializationFeature.INDENT_OUTPUT)
                        .build()
                        .writeValue(json.toFile(), reports);
            }
        }
        return reports.stream().allMatch(report -> report.findings().isEmpty()) ? 0 : 1;
    }

    private Plan plan() {
        Set<Fault> usual = only == null ? Plan.EVERYTHING.faults() : Plan.OF_WORKERS;
        return new Plan(
                only != null,
                faults.isEmpty() ? usual : faults,
                every == null ? null : Duration.ofMillis(Math.round(every * 1_000)),
                count);
    }

    private List<Long> seeds() {
        if (!seed.matches("[0-9]{1,9}(-[0-9]{1,9})?")) {
            throw new LaunchException("--seed is " + seed + " but must be a number, such as 7, or two, such as 1-20.");
        }
        String[] ends = seed.split("-");
        long first = Long.parseLong(ends[0]);
        long last = Long.parseLong(ends[ends.length - 1]);
        if (last < first || last - first >= 1_000) {
            throw new LaunchException("--seed is " + seed + " but must be 1 to 1000 seeds, the first one first.");
        }
        return LongStream.rangeClosed(first, last).boxed().toList();
    }

    /** Makes room for a trial where an earlier one worked, and nowhere else. */
    private static Path empty(Path folder) throws IOException {
        if (Files.exists(folder)) {
            if (!Files.exists(folder.resolve("site.json"))) {
                throw new LaunchException(
                        folder + " is not the data folder of a trial; delete it, or choose another" + " --data-dir.");
            }
            delete(folder);
        }
        return folder;
    }

    private static void delete(Path folder) throws IOException {
        new TemporaryFolder(folder).close();
    }
}
