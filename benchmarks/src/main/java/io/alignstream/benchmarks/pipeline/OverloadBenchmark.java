package io.alignstream.benchmarks.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.Figures;
import io.alignstream.benchmarks.harness.Folders;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.local.pipeline.Publisher;
import io.alignstream.local.site.KafkaConnection;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * What becomes of requests when ten times as many come as inference-service can answer, and of its memory when releases come
 * and go under load: a process of its own, spoken to by HTTP.
 *
 * <p>The unloaded figure is that of one client, whose requests come one after the other. What can be answered is measured with
 * as many clients as answers are written at once; ten times as many requests a second come then, whether others are answered or
 * not. Those that are accepted are to take at most {@value #TARGET_RATIO} times as long in the slowest hundredth, others to be refused with
 * 429 and a time to come again, and memory after twenty swaps is to be within a twentieth of that before.
 */
public final class OverloadBenchmark {

    private static final double TARGET_RATIO = 2;
    private static final double TARGET_GROWTH = 0.05;
    private static final int OVERLOAD = 10;
    private static final int SWAPS = 20;
    private static final int MODELS = 4;
    private static final int HEAP_MEGABYTES = 384;

    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final PrintStream out;
    private final ServiceTrial service;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final int tokens;

    private OverloadBenchmark(PrintStream out, ServiceTrial service, int tokens) {
        this.out = out;
        this.service = service;
        this.tokens = tokens;
    }

    /** What became of a request. */
    private record Outcome(int status, Optional<Duration> retryAfter, double seconds, boolean whole) {

        /** Whoever is refused comes again when they were told to, as clients do. */
        void obey() {
            retryAfter.ifPresent(wait -> LockSupport.parkNanos(wait.toNanos()));
        }
    }

    /** Runs it and returns the exit code: 1 where a target is missed. */
    public static int run(PrintStream out, BenchmarkOptions options) throws IOException, InterruptedException {
        options.only("seconds", "tokens", "width", "layers");
        int seconds = options.number("seconds", 30);
        int width = options.number("width", 512);
        int layers = options.number("layers", 8);
        Figures figures = new Figures("overload");
        Path folder = Files.createTempDirectory("alignstream-bench");
        try (TemporaryBroker broker = TemporaryBroker.start(folder)) {
            List<ModelRelease> releases = TalkativeReleases.write(
                    ServiceTrial.store(Stage.INFERENCE, folder), folder.resolve("copies"), layers, width, MODELS);
            try (ServiceTrial service = ServiceTrial.start(
                            Stage.INFERENCE, folder, broker.bootstrapServers(), HEAP_MEGABYTES, List.of());
                    Publisher publisher = new Publisher(KafkaConnection.to(broker.bootstrapServers()))) {
                OverloadBenchmark benchmark = new OverloadBenchmark(out, service, options.number("tokens", 64));
                for (ModelRelease release : releases) {
                    benchmark.serve(publisher, release);
                }
                boolean met = benchmark.overload(figures, seconds);
                met &= benchmark.swaps(figures, publisher, releases);
                figures.write(options.json());
                return met ? 0 : 1;
            }
        } finally {
            Folders.delete(folder);
        }
    }

    private void serve(Publisher publisher, ModelRelease release) throws IOException, InterruptedException {
        publisher.publishAgain(Topic.MODEL_RELEASES, release);
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!served().equals(release.reference().sha256())) {
            if (System.nanoTime() > end) {
                throw new IOException("the release is not served; the service said last: " + service.lastLine());
            }
            Thread.sleep(50);
        }
    }

    private String served() throws InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(service.address().resolve("v1/models")).build();
        try {
            JsonNode models = JSON.readTree(
                    http.send(request, HttpResponse.BodyHandlers.ofString()).body());
            return models.path("data").path(0).path("sha256").asText();
        } catch (IOException e) {
            return ""; // not listening so far
        }
    }

    private boolean overload(Figures figures, int seconds) throws InterruptedException {
        closedLoop(1, Duration.ofSeconds(seconds)); // warms up
        List<Outcome> alone = closedLoop(1, Duration.ofSeconds(seconds));
        double unloaded = late(alone);
        List<Outcome> busy = closedLoop(16, Duration.ofSeconds(seconds));
        double capacity = busy.stream().filter(one -> one.status == 200).count() / (double) seconds;
        List<Outcome> over = openLoop(OVERLOAD * capacity, Duration.ofSeconds(seconds));
        List<Outcome> accepted = over.stream().filter(one -> one.status == 200).toList();
        long refused = over.stream()
                .filter(one -> one.status == 429 && one.retryAfter.isPresent())
                .count();
        long failed = over.size() - accepted.size() - refused;
        double ratio = late(accepted) / unloaded;
        boolean met = ratio <= TARGET_RATIO && failed == 0;
        out.printf("alone: %.0f ms p50, %.0f ms p99, %d answers%n", 1e3 * middle(alone), 1e3 * unloaded, alone.size());
        out.printf("16 clients: %.2f answers/s, accepted %.0f ms p99%n", capacity, 1e3 * late(accepted(busy)));
        out.printf(
                "%.1f requests/s: %d accepted (%.2f answers/s), %.0f ms p50, %.0f ms p99 (%.2f times alone), %d"
                        + " refused with a time to come again, %d failed  %s%n",
                OVERLOAD * capacity,
                accepted.size(),
                accepted.size() / (double) seconds,
                1e3 * middle(accepted),
                1e3 * late(accepted),
                ratio,
                refused,
                failed,
                met ? "met" : "missed");
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("part", "overload");
        line.put("unloadedLateSeconds", unloaded);
        line.put("answersPerSecond", capacity);
        line.put("acceptedLateSeconds", late(accepted));
        line.put("accepted", accepted.size());
        line.put("refused", refused);
        line.put("failed", failed);
        line.put("ratio", ratio);
        line.put("target", TARGET_RATIO);
        line.put("met", met);
        figures.add(line);
        return met;
    }

    private boolean swaps(Figures figures, Publisher publisher, List<ModelRelease> releases)
            throws IOException, InterruptedException {
        double before = service.steadyMegabytes();
        AtomicBoolean over = new AtomicBoolean();
        Queue<Outcome> outcomes = new ConcurrentLinkedQueue<>();
        try (ExecutorService users = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int user = 0; user < 2; user++) {
                users.execute(() -> {
                    while (!over.get()) {
                        Outcome outcome = ask();
                        outcomes.add(outcome);
                        outcome.obey();
                    }
                });
            }
            for (int swap = 0; swap < SWAPS; swap++) {
                serve(publisher, releases.get(swap % releases.size()));
            }
            over.set(true);
        }
        double after = service.steadyMegabytes();
        long failed = outcomes.stream()
                .filter(one -> one.status != 200 && one.status != 429 || !one.whole)
                .count();
        double growth = after / before - 1;
        boolean met = failed == 0 && growth <= TARGET_GROWTH;
        out.printf(
                "%d swaps under load: %d requests, %d failed, memory %.0f MiB before and %.0f after (%+.1f %%)  %s%n",
                SWAPS, outcomes.size(), failed, before, after, 100 * growth, met ? "met" : "missed");
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("part", "swaps");
        line.put("requests", outcomes.size());
        line.put("failed", failed);
        line.put("mebibytesBefore", before);
        line.put("mebibytesAfter", after);
        line.put("growth", growth);
        line.put("target", TARGET_GROWTH);
        line.put("met", met);
        figures.add(line);
        return met;
    }

    /** So many clients, each of which asks again when it has an answer, or when it was told to come again. */
    private List<Outcome> closedLoop(int clients, Duration time) {
        Queue<Outcome> outcomes = new ConcurrentLinkedQueue<>();
        long end = System.nanoTime() + time.toNanos();
        try (ExecutorService users = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int client = 0; client < clients; client++) {
                users.execute(() -> {
                    while (System.nanoTime() < end) {
                        Outcome outcome = ask();
                        outcomes.add(outcome);
                        outcome.obey();
                    }
                });
            }
        }
        return List.copyOf(outcomes);
    }

    /** Requests come evenly, so many a second. */
    private List<Outcome> openLoop(double perSecond, Duration time) throws InterruptedException {
        Queue<Outcome> outcomes = new ConcurrentLinkedQueue<>();
        long begun = System.nanoTime();
        try (ExecutorService users = Executors.newVirtualThreadPerTaskExecutor()) {
            for (long request = 0; ; request++) {
                long due = begun + (long) (request * 1e9 / perSecond);
                if (due - begun > time.toNanos()) {
                    break;
                }
                LockSupport.parkNanos(due - System.nanoTime());
                users.execute(() -> outcomes.add(ask()));
            }
            users.shutdown();
            users.awaitTermination(LIMIT.toSeconds(), TimeUnit.SECONDS);
        }
        return List.copyOf(outcomes);
    }

    private Outcome ask() {
        String body =
                """
                {"messages": [{"role": "user", "content": "Which train goes to Shanghai?"}], "max_tokens": %d}"""
                        .formatted(tokens);
        HttpRequest request = HttpRequest.newBuilder(service.address().resolve("v1/chat/completions"))
                .header("Content-Type", "application/json")
                .timeout(LIMIT)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        long begun = System.nanoTime();
        try {
            HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
            return new Outcome(
                    answer.statusCode(),
                    answer.headers()
                            .firstValue("Retry-After")
                            .map(Long::parseLong)
                            .map(Duration::ofSeconds),
                    (System.nanoTime() - begun) * 1e-9,
                    answer.statusCode() != 200 || answer.body().contains("\"finish_reason\""));
        } catch (IOException e) {
            return new Outcome(0, Optional.empty(), (System.nanoTime() - begun) * 1e-9, false);
        } catch (InterruptedException e) {
            throw new UncheckedIOException(new IOException("interrupted", e));
        }
    }

    private static List<Outcome> accepted(List<Outcome> outcomes) {
        return outcomes.stream().filter(one -> one.status == 200).toList();
    }

    private static double middle(List<Outcome> outcomes) {
        return share(outcomes, 0.5);
    }

    /** What 99 of 100 take at most. */
    private static double late(List<Outcome> outcomes) {
        return share(outcomes, 0.99);
    }

    private static double share(List<Outcome> outcomes, double share) {
        List<Double> seconds = outcomes.stream().map(Outcome::seconds).sorted().toList();
        return seconds.isEmpty()
                ? Double.NaN
                : seconds.get((int) Math.min(seconds.size() - 1, Math.floor(share * seconds.size())));
    }
}
