package io.alignstream.local.broker;

import io.alignstream.local.RecordingConsole;
import io.alignstream.local.TestSites;
import io.alignstream.local.process.ProcessGroup;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import org.jspecify.annotations.Nullable;

/** One broker process for all tests that do not kill it; topics are shared, so tests use keys of their own. */
public final class SharedBroker {

    private static @Nullable Site site;

    private SharedBroker() {}

    /** The site whose broker runs, with all topics; the first call starts it. */
    public static synchronized Site site() {
        if (site == null) {
            try {
                Site fresh = TestSites.prepared(Files.createTempDirectory("shared-broker"));
                ProcessGroup group = new ProcessGroup(fresh, new RecordingConsole().console());
                Runtime.getRuntime().addShutdownHook(new Thread(group::stopStarted));
                group.start(Broker.at(fresh, TestSites.installation()));
                group.awaitReady("broker");
                TopicSetup.createMissing(fresh.connection());
                site = fresh;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return site;
    }
}
