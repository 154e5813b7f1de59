package io.alignstream.local;

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
            names = "--service-option",
            paramLabel = "OPTION",
            description = "For every service's JVM, for example --service-option=-Dalignstream.pretrain.steps=1000;"
                    + " may be repeated. Default: as the last time with this data folder.")
    @Nullable
    List<String> serviceOptions;
}
