package io.alignstream.benchmarks.distributed;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A network namespace for each worker, all connected by a bridge in one more, each by a link of a given speed both ways.
 *
 * <p>Linux only, and only for who may make namespaces (root). Their names carry this process's number, and they are gone
 * when this is closed or the program ends. A link's latency is the kernel's own: it is limited by tc's token buckets, which
 * delay nothing that is below the limit.
 */
final class Namespaces implements Places {

    private static final String INTERFACE = "eth0";

    /** Private addresses for tests between networks (RFC 2544), which no real network has. */
    private static final String NETWORK = "198.18.231.";

    private final String name = "alignstream-" + ProcessHandle.current().pid();
    private final int megabits;
    private final List<String> made = new ArrayList<>();
    private final Thread onExit = new Thread(this::remove);

    private Namespaces(int megabits) {
        this.megabits = megabits;
    }

    /**
     * Makes them.
     *
     * @param megabits a second, of each worker's link in each direction
     * @throws IOException if this machine does not let it, saying what it said
     */
    static Namespaces open(int workers, int megabits) throws IOException, InterruptedException {
        Namespaces namespaces = new Namespaces(megabits);
        Runtime.getRuntime().addShutdownHook(namespaces.onExit);
        try {
            namespaces.make(workers);
            return namespaces;
        } catch (IOException e) {
            namespaces.close();
            throw new IOException(
                    "network namespaces cannot be made here (" + e.getMessage()
                            + "); run it as root on Linux with iproute2, or without --namespaces",
                    e);
        }
    }

    private void make(int workers) throws IOException, InterruptedException {
        String hub = name + "-hub";
        add(hub);
        in(hub, "ip", "link", "add", "bridge", "type", "bridge");
        in(hub, "ip", "link", "set", "bridge", "up");
        for (int worker = 0; worker < workers; worker++) {
            String own = name + "-" + worker;
            String port = "port" + worker;
            add(own);
            in(hub, "ip", "link", "add", port, "type", "veth", "peer", "name", INTERFACE, "netns", own);
            in(hub, "ip", "link", "set", port, "master", "bridge", "up");
            in(own, "ip", "address", "add", address(worker) + "/24", "dev", INTERFACE);
            in(own, "ip", "link", "set", INTERFACE, "up");
            in(own, "ip", "link", "set", "lo", "up");
            limit(hub, port);
            limit(own, INTERFACE);
        }
    }

    private void limit(String namespace, String device) throws IOException, InterruptedException {
        in(
                namespace,
                "tc",
                "qdisc",
                "add",
                "dev",
                device,
                "root",
                "tbf",
                "rate",
                megabits + "mbit",
                "burst", // what two milliseconds carry, and no less than one packet that the kernel has not cut yet
                String.format(Locale.ROOT, "%d", Math.max(128 << 10, megabits * 250L)),
                "latency",
                "50ms");
    }

    private void add(String namespace) throws IOException, InterruptedException {
        run("ip", "netns", "add", namespace);
        made.add(namespace);
    }

    private static void in(String namespace, String... command) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
        all.addAll(List.of(command));
        run(all.toArray(String[]::new));
    }

    private static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + ": " + said);
        }
    }

    @Override
    public String address(int worker) {
        return NETWORK + (worker + 1);
    }

    @Override
    public String networkInterface() {
        return INTERFACE;
    }

    @Override
    public List<String> prefix(int worker) {
        return List.of("ip", "netns", "exec", name + "-" + worker);
    }

    @Override
    public boolean sharesProcessor() {
        return false;
    }

    @Override
    public void close() {
        remove();
        Runtime.getRuntime().removeShutdownHook(onExit);
    }

    /** Devices go with their namespaces. */
    private synchronized void remove() {
        for (String namespace : made.reversed()) {
            try {
                run("ip", "netns", "del", namespace);
            } catch (IOException e) {
                System.err.println("alignstream: the network namespace " + namespace + " is left: " + e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        made.clear();
    }

    @Override
    public String toString() {
        return "network namespaces, links of " + megabits + " Mbit/s";
    }
}
