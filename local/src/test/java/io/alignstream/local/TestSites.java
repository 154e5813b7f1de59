package io.alignstream.local;

import io.alignstream.local.process.Ports;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.Site;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/** Sites of their own for tests, on ports that nobody uses. */
public final class TestSites {

    private static final int PORTS = 14;

    private TestSites() {}

    /** A prepared site in {@code folder}. */
    public static Site prepared(Path folder, String... serviceOptions) {
        Site site = new Site(folder.toAbsolutePath(), freePortBase(), Site.DEFAULT_SEED, List.of(serviceOptions));
        site.prepare();
        return site;
    }

    /** The project that this test belongs to. */
    public static Installation installation() {
        return new Installation(Path.of("..").toAbsolutePath().normalize());
    }

    static int freePortBase() {
        return ThreadLocalRandom.current()
                .ints(20_000, 30_000) // below the range from which the system deals out ports
                .filter(base -> IntStream.range(base, base + PORTS).allMatch(Ports::isFree))
                .findFirst()
                .orElseThrow();
    }
}
