package io.alignstream.benchmarks.pipeline;

import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.Figures;
import io.alignstream.benchmarks.harness.Folders;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/**
 * How long a service takes until it is ready, and how much lives in its heap then, when the topics that it follows hold
 * millions of events: the first start, which reads them, and a restart.
 *
 * <p>The target is that of a restart: {@value #TARGET_SECONDS} s with {@value #TARGET_MEGABYTES} MiB of heap, which is all that
 * the service is given. Ready is a service here that has read its topics: no model is there to be served.
 */
public final class StartupBenchmark {

    static final int TARGET_SECONDS = 60;
    static final int TARGET_MEGABYTES = 512;

    private static final Duration LIMIT = Duration.ofMinutes(60);
    private static final SequencedMap<Stage, Set<Topic<?>>> FOLLOWED = new LinkedHashMap<>();

    static {
        FOLLOWED.put(Stage.SFT, Set.of(Topic.INSTRUCTIONS, Topic.PROMPTS));
        FOLLOWED.put(Stage.REWARD, Set.of(Topic.PROMPTS, Topic.RANKING_REQUESTS, Topic.RANKINGS));
        FOLLOWED.put(Stage.RLHF, Set.of(Topic.PROMPTS, Topic.RANKING_REQUESTS, Topic.RANKINGS));
        FOLLOWED.put(Stage.INFERENCE, Set.of(Topic.PROMPTS, Topic.FEEDBACK));
        FOLLOWED.put(Stage.TOKENIZER, Set.of(Topic.CLEAN_DOCUMENTS));
    }

    private StartupBenchmark() {}

    /** Runs it and returns the exit code: 1 where a target is missed. */
    public static int run(PrintStream out, BenchmarkOptions options) throws IOException, InterruptedException {
        options.only("events", "stage");
        int events = options.number("events", 10_000_000);
        String only = options.values().get("stage");
        Set<Stage> stages = only == null ? FOLLOWED.sequencedKeySet() : Set.of(stage(only));
        Figures figures = new Figures("startup");
        Path folder = Files.createTempDirectory("alignstream-bench");
        boolean met = true;
        try (TemporaryBroker broker = TemporaryBroker.start(folder)) {
            out.printf("%n%,d events on each topic, %d MiB of heap%n", events, TARGET_MEGABYTES);
            Set<Topic<?>> topics = new HashSet<>();
            stages.forEach(stage -> topics.addAll(FOLLOWED.getOrDefault(stage, Set.of())));
            new SyntheticEvents(broker.bootstrapServers(), events).publish(out, topics);
            for (Stage stage : stages) {
                measure(out, figures, stage, events, folder, broker.bootstrapServers(), "first start");
                met &= measure(out, figures, stage, events, folder, broker.bootstrapServers(), "restart");
            }
            figures.write(options.json());
            return met ? 0 : 1;
        } finally {
            Folders.delete(folder);
        }
    }

    private static Stage stage(String id) {
        return FOLLOWED.sequencedKeySet().stream()
                .filter(stage -> stage.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("--stage is " + id + " but must be one of "
                        + FOLLOWED.keySet().stream().map(Stage::id).toList()));
    }

    private static boolean measure(
            PrintStream out, Figures figures, Stage stage, int events, Path folder, String broker, String start)
            throws IOException, InterruptedException {
        try (ServiceTrial service = ServiceTrial.start(stage, folder, broker, TARGET_MEGABYTES)) {
            double seconds = service.awaitRead(LIMIT);
            boolean started = !Double.isNaN(seconds);
            double cpuSeconds = service.cpuSeconds();
            double heap = started ? service.heapMegabytes() : Double.NaN;
            double resident = started ? service.residentMegabytes() : Double.NaN;
            boolean met = started && seconds <= TARGET_SECONDS && heap <= TARGET_MEGABYTES;
            out.printf(
                    "  %-18s %-12s %7.1f s (%.1f s of processors), heap %6.0f MiB, resident %6.0f MiB  %s%n",
                    stage.service(),
                    start,
                    seconds,
                    cpuSeconds,
                    heap,
                    resident,
                    started ? met ? "met" : "missed" : "never ready, see the end of its log: " + service.lastLine());
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("service", stage.service());
            line.put("start", start);
            line.put("events", events);
            line.put("ready", started);
            line.put("targetSeconds", TARGET_SECONDS);
            line.put("targetHeapMebibytes", TARGET_MEGABYTES);
            line.put("met", met);
            if (started) {
                line.put("seconds", seconds);
                line.put("cpuSeconds", cpuSeconds);
                line.put("heapMebibytes", heap);
                line.put("residentMebibytes", resident);
            }
            figures.add(line);
            return met;
        }
    }
}
