package io.alignstream.local.process;

import io.alignstream.contracts.hash.Sha256;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/**
 * How to start one process and how to tell that it works.
 *
 * @param name unique in its site, for example {@code sft-service}; names its log and its record
 * @param service what it is a process of: as long as one of its processes is there, the others are not missed
 * @param command program and arguments
 * @param environment variables added to the launcher's own
 * @param build changes when the program changes, so that a process with an older build is replaced
 * @param ports TCP ports on 127.0.0.1 that must be free before the start; the first one is shown to people
 * @param ready whether it works; must return soon
 * @param startLimit how long it may take until {@code ready}
 * @param stopGrace time between SIGTERM and SIGKILL
 */
public record ProcessSpec(
        String name,
        String service,
        List<String> command,
        Map<String, String> environment,
        String build,
        List<Integer> ports,
        BooleanSupplier ready,
        Duration startLimit,
        Duration stopGrace) {

    public ProcessSpec {
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
        ports = List.copyOf(ports);
    }

    /** The only process of what it is called by. */
    public ProcessSpec(
            String name,
            List<String> command,
            Map<String, String> environment,
            String build,
            List<Integer> ports,
            BooleanSupplier ready,
            Duration startLimit,
            Duration stopGrace) {
        this(name, name, command, environment, build, ports, ready, startLimit, stopGrace);
    }

    public int port() {
        return ports.getFirst();
    }

    /** Without the environment, which may hold passwords. */
    @Override
    public String toString() {
        return name + " " + command;
    }

    /** Changes when the command, its environment or the build changes. */
    String fingerprint() {
        String text = command + "\n" + new TreeMap<>(environment) + "\n" + build;
        return Sha256.hex(text).substring(0, 16);
    }
}
