package io.alignstream.local.command;

import io.alignstream.local.site.Installation;
import io.alignstream.local.site.Site;
import java.nio.file.Path;
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
            description = "Services listen on PORT+1 to PORT+6, Kafka on PORT+12 and PORT+13, all on 127.0.0.1."
                    + " Default: as the last time with this data folder, at first " + Site.DEFAULT_PORT_BASE + ".")
    @Nullable
    Integer portBase;

    /** The site as it was the last time. */
    public Site site() {
        return site(new TrainingOptions());
    }

    /** What a person types for {@code command} on the same site. */
    String commandLine(String command) {
        return "./alignstream " + command + (dataFolder == null ? "" : " --data-dir " + quoted(dataFolder.toString()));
    }

    /** As a shell takes it for one word. */
    private static String quoted(String word) {
        return word.matches("[\\w./~+,:@%-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    /** The site, started with {@code training}. */
    Site site(TrainingOptions training) {
        Path folder = dataFolder == null ? Installation.current().cache().resolve("data") : dataFolder;
        return Site.at(folder, portBase, training.seed, training.allServiceOptions());
    }
}
