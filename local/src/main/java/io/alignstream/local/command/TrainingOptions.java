package io.alignstream.local.command;

import io.alignstream.contracts.Stage;
import io.alignstream.local.input.LastPart;
import io.alignstream.local.site.Site;
import io.alignstream.local.site.StageWorkers;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of commands that start services: what shapes training and must be the same at the next start. */
final class TrainingOptions {

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Seed of every random choice. Default: as the last time with this data folder, at first "
                    + Site.DEFAULT_SEED + ".")
    @Nullable
    Long seed;

    @Option(
            names = "--run",
            paramLabel = "FILE",
            description = "Settings from a run file, for example runs/tiny-shakespeare.properties; --service-option"
                    + " overrides them. Default: as the last time with this data folder.")
    @Nullable
    Path run;

    @Option(
            names = "--service-option",
            paramLabel = "OPTION",
            description = "For every service's JVM, for example --service-option=-Dalignstream.pretrain.steps=1000;"
                    + " may be repeated. Default: as the last time with this data folder.")
    @Nullable
    List<String> serviceOptions;

    @Option(
            names = "--pretrain-workers",
            paramLabel = "N",
            description = "How many processes of pretrain-service train one base model together, 1 to "
                    + StageWorkers.MOST
                    + ". The first time it cuts batches into as many shards (the next power of two) and"
                    + " divides the processors, unless --service-option says otherwise; afterwards these stay, as models"
                    + " depend on them. While it runs: ./alignstream scale pretrain N. Default: as the last time with this"
                    + " data folder, at first 1.")
    @Nullable
    Integer pretrainWorkers;

    @Option(
            names = "--sft-workers",
            paramLabel = "N",
            description = "The same of sft-service, which share the fine-tuning.")
    @Nullable
    Integer sftWorkers;

    @Option(
            names = "--reward-workers",
            paramLabel = "N",
            description = "The same of reward-service, which share the training of reward model and judge.")
    @Nullable
    Integer rewardWorkers;

    @Option(
            names = "--rlhf-workers",
            paramLabel = "N",
            description = "The same of rlhf-service, which share the sampling of answers and the steps on them.")
    @Nullable
    Integer rlhfWorkers;

    /** How many workers are asked for, of the stages of which a number is given. */
    SequencedMap<Stage, Integer> workers() {
        SequencedMap<Stage, Integer> workers = new LinkedHashMap<>();
        put(workers, Stage.PRETRAIN, pretrainWorkers);
        put(workers, Stage.SFT, sftWorkers);
        put(workers, Stage.REWARD, rewardWorkers);
        put(workers, Stage.RLHF, rlhfWorkers);
        return workers;
    }

    private static void put(Map<Stage, Integer> workers, Stage stage, @Nullable Integer count) {
        if (count != null) {
            workers.put(stage, count);
        }
    }

    /** What the services' JVMs are given; null if neither option says. */
    @Nullable
    List<String> allServiceOptions() {
        return run == null
                ? serviceOptions
                : RunOptions.read(run).serviceOptions(serviceOptions == null ? List.of() : serviceOptions);
    }

    /** Which text is held out. */
    LastPart heldOut() {
        return run == null ? LastPart.BY_HASH : RunOptions.read(run).heldOut();
    }
}
