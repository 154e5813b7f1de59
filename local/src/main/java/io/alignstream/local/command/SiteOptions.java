package io.alignstream.local.command;

import io.alignstream.contracts.Stage;
import io.alignstream.local.service.WorkersPlan;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.Site;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that every command on a site takes. */
public final class SiteOptions {

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "Everything that survives a restart: topics, checkpoints, logs."
                    + " Default: .alignstream/data in the project's folder.")
    @Nullable
    Path dataFolder;

    @Option(
            names = "--port-base",
            paramLabel = "PORT",
            description = "Services listen on PORT+1 to PORT+6, Kafka on PORT+12 and PORT+13, further workers of"
                    + " a stage from PORT+14 on (PORT+78 of sft, +142 of reward, +206 of rlhf), all on 127.0.0.1. Default: as the last time with this data folder, at first "
                    + Site.DEFAULT_PORT_BASE + ".")
    @Nullable
    Integer portBase;

    @Option(
            names = "--kafka-config",
            paramLabel = "FILE",
            description =
                    "Kafka brokers of your own instead of one on this machine: client properties as Kafka's own tools"
                            + " take them, bootstrap.servers among them. Their user follows and publishes what every service does."
                            + " Passwords stay in the file: no command line holds them, and of the file its path is remembered."
                            + " Default: as the last time with this data folder, at first a broker on this machine.")
    @Nullable
    Path kafkaConfig;

    /** The site as it was the last time. */
    public Site site() {
        return at(new TrainingOptions());
    }

    /** What a person types for {@code command} on the same site. */
    String commandLine(String command) {
        return "./alignstream " + command + (dataFolder == null ? "" : " --data-dir " + quoted(dataFolder.toString()));
    }

    /** As a shell takes it for one word. */
    private static String quoted(String word) {
        return word.matches("[\\w./~+,:@%-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    /** The site, started with {@code training}; says what comes of the number of workers. */
    Site site(TrainingOptions training, Console console) {
        Site site = at(training);
        for (Map.Entry<Stage, Integer> wanted : training.workers().entrySet()) {
            WorkersPlan plan = WorkersPlan.of(
                    site,
                    wanted.getKey(),
                    wanted.getValue(),
                    System.getenv(),
                    Runtime.getRuntime().availableProcessors());
            console.line(plan.line());
            site = plan.site();
        }
        return site;
    }

    private Site at(TrainingOptions training) {
        Path folder = dataFolder == null ? Installation.current().cache().resolve("data") : dataFolder;
        Site site = Site.at(folder, portBase, training.seed, training.allServiceOptions());
        return kafkaConfig == null ? site : site.withKafka(kafkaConfig);
    }
}
