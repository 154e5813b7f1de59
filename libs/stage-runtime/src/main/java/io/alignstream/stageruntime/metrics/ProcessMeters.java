package io.alignstream.stageruntime.metrics;

import io.alignstream.contracts.metrics.Metric;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** What runs here and what memory it has, heap and beyond. */
@ApplicationScoped
public class ProcessMeters {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final Pattern RESIDENT = Pattern.compile("(?m)^VmRSS:\\s+(\\d+) kB$");

    void register(
            @Observes StartupEvent event,
            Meters meters,
            @ConfigProperty(name = "quarkus.application.version", defaultValue = "unknown") String version) {
        meters.gauge(Metric.BUILD_INFO, this, self -> 1, version, System.getProperty("java.version", "unknown"));
        meters.gauge(Metric.RESIDENT_MEMORY, this, self -> resident());
        meters.gauge(Metric.NATIVE_MEMORY, this, self -> Math.max(0, resident() - ofTheJvm()));
    }

    /** Bytes; 0 where the system does not tell. */
    private static long resident() {
        try {
            Matcher line = RESIDENT.matcher(Files.readString(STATUS, StandardCharsets.US_ASCII));
            return line.find() ? Long.parseLong(line.group(1)) << 10 : 0;
        } catch (IOException e) {
            return 0;
        }
    }

    private static long ofTheJvm() {
        MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
        return memory.getHeapMemoryUsage().getCommitted()
                + memory.getNonHeapMemoryUsage().getCommitted();
    }
}
