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

    private static final int PORTS = 18;

    /** All of them lie below the range from which the system deals out ports. */
    private static final int FIRST_PORT = 20_000;

    private static final int PROCESSES = 5;
    private static final int PORTS_OF_A_PROCESS = 2_000;

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
        return freePorts(PORTS);
    }

    /** A port that nobody uses. */
    static int freePort() {
        return freePorts(1);
    }

    /** The first of some ports in a row; tests of another process look for theirs elsewhere. */
    private static int freePorts(int count) {
        int process = Integer.getInteger("test.process", 1) % PROCESSES;
        int first = FIRST_PORT + process * PORTS_OF_A_PROCESS;
        return ThreadLocalRandom.current()
                .ints(first, first + PORTS_OF_A_PROCESS - count)
                .filter(base -> IntStream.range(base, base + count).allMatch(Ports::isFree))
                .findFirst()
                .orElseThrow();
    }
}
