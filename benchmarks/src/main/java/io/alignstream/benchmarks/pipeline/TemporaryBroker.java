package io.alignstream.benchmarks.pipeline;

import io.alignstream.local.broker.Broker;
import io.alignstream.local.broker.TopicSetup;
import io.alignstream.local.process.Ports;
import io.alignstream.local.process.ProcessSpec;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** A Kafka broker in a process of its own, the launcher's settings, for one benchmark. */
final class TemporaryBroker implements AutoCloseable {

    private static final int FIRST_PORT = 20_000;
    private static final int PORTS = 30_000;
    private static final Duration POLL = Duration.ofMillis(100);

    private final Process process;
    private final String bootstrapServers;

    private TemporaryBroker(Process process, String bootstrapServers) {
        this.process = process;
        this.bootstrapServers = bootstrapServers;
    }

    /** Starts a broker with all topics below {@code folder}. */
    static TemporaryBroker start(Path folder) throws IOException, InterruptedException {
        int portBase = IntStream.generate(
                        () -> FIRST_PORT + ThreadLocalRandom.current().nextInt(PORTS))
                .filter(base -> Ports.isFree(base + 12) && Ports.isFree(base + 13))
                .limit(1)
                .sum();
        Site site = new Site(folder, portBase, Site.DEFAULT_SEED, List.of());
        site.prepare();
        ProcessSpec spec = Broker.at(site, Installation.current());
        Path log = folder.resolve("kafka.log");
        Process process = new ProcessBuilder(spec.command())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        TemporaryBroker broker = new TemporaryBroker(process, site.connection().servers());
        long deadline = System.nanoTime() + spec.startLimit().toNanos();
        while (!spec.ready().getAsBoolean()) {
            if (process.waitFor(POLL.toMillis(), TimeUnit.MILLISECONDS) || System.nanoTime() > deadline) {
                broker.close();
                throw new IOException("the broker did not start; see " + log);
            }
        }
        TopicSetup.createMissing(site.connection());
        return broker;
    }

    String bootstrapServers() {
        return bootstrapServers;
    }

    /** Processor time of the broker so far. */
    double cpuSeconds() {
        Optional<Duration> cpu = process.info().totalCpuDuration();
        return cpu.map(time -> time.toNanos() / 1e9).orElse(0.0);
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }
}
