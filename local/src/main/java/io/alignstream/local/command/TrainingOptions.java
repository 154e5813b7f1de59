package io.alignstream.local.command;

import io.alignstream.local.input.LastPart;
import io.alignstream.local.site.PretrainWorkers;
import io.alignstream.local.site.Site;
import java.nio.file.Path;
import java.util.List;
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
                    + PretrainWorkers.MOST
                    + ". The first time it cuts batches into as many shards (the next power of two) and"
                    + " divides the processors, unless --service-option says otherwise; afterwards these stay, as models"
                    + " depend on them. While it runs: ./alignstream scale pretrain N. Default: as the last time with this"
                    + " data folder, at first 1.")
    @Nullable
    Integer pretrainWorkers;

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
