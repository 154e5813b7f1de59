package io.alignstream.benchmarks.pipeline;

import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.Figures;
import io.alignstream.benchmarks.harness.Folders;
import io.alignstream.benchmarks.harness.RandomModel;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.exchange.HuggingFaceModel;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.local.pipeline.ImportedModel;
import io.alignstream.local.pipeline.Publisher;
import io.alignstream.local.service.JobStatus;
import io.alignstream.local.service.ReleaseClient;
import io.alignstream.local.service.ServiceClient;
import io.alignstream.local.site.KafkaConnection;
import io.alignstream.local.site.LaunchException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * How soon the pipeline does what events ask for: from the instruction that crosses the threshold to the first step of the run
 * that learns it, and from a person's verdict on a release to the answers of the model that is served then.
 *
 * <p>A threshold is crossed when the last instruction has been acknowledged by the broker and its debounce is over, which is
 * waiting that somebody has asked for. Besides it counts what a burst comes to: all of it must be one run.
 */
public final class ReactionBenchmark {

    private static final double TRAINING_SECONDS = 2;
    private static final double SERVED_SECONDS = 5;

    private static final int LAYERS = 2;
    private static final int WIDTH = 64;
    private static final int THRESHOLD = 10;
    private static final Duration DEBOUNCE = Duration.ofSeconds(2);
    private static final int HEAP_MEGABYTES = 384;
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final long LOOK_MILLIS = 10;

    private final PrintStream out;
    private final Publisher publisher;
    private final Figures figures = new Figures("reaction");
    private int published;

    private ReactionBenchmark(PrintStream out, Publisher publisher) {
        this.out = out;
        this.publisher = publisher;
    }

    /** Runs it and returns the exit code: 1 where a target is missed. */
    public static int run(PrintStream out, BenchmarkOptions options) throws IOException, InterruptedException {
        options.only("repeats", "burst", "parts");
        List<String> parts = List.of(
                options.values().getOrDefault("parts", "training,serving").split(","));
        if (!List.of("training", "serving").containsAll(parts)) {
            throw new IllegalArgumentException("--parts is " + parts + " but must be training, serving, or both");
        }
        int repeats = options.number("repeats", 5);
        int burst = options.number("burst", 1_000);
        Path folder = Files.createTempDirectory("alignstream-bench");
        try (TemporaryBroker broker = TemporaryBroker.start(folder);
                Publisher publisher = new Publisher(KafkaConnection.to(broker.bootstrapServers()))) {
            ReactionBenchmark benchmark = new ReactionBenchmark(out, publisher);
            Path store = Files.createDirectories(folder.resolve("store"));
            List<String> settings = List.of(
                    "-Dalignstream.store.root=" + store.toUri(),
                    "-Dalignstream.sft.minimum-instructions=" + THRESHOLD,
                    "-Dalignstream.sft.new-instructions=" + THRESHOLD,
                    "-Dalignstream.sft.debounce=" + DEBOUNCE,
                    "-Dalignstream.sft.epochs=1",
                    "-Dalignstream.sft.batch-instructions=8");
            boolean met = true;
            if (parts.contains("training")) {
                try (ServiceTrial sft = start(Stage.SFT, folder, broker, settings)) {
                    ImportedModel model = model(folder.resolve("model"), store);
                    publisher.publishAgain(Topic.TOKENIZERS, model.tokenizer());
                    publisher.publishAgain(Topic.CHECKPOINTS, model.base());
                    met = benchmark.training(sft, repeats, burst);
                }
            }
            if (parts.contains("serving")) {
                try (ServiceTrial rlhf = start(Stage.RLHF, folder, broker, settings.subList(0, 1));
                        ServiceTrial inference = start(Stage.INFERENCE, folder, broker, settings.subList(0, 1))) {
                    List<ModelRelease> releases =
                            TalkativeReleases.write(store, folder.resolve("copies"), LAYERS, WIDTH, 2);
                    publisher.publishAgain(Topic.MODEL_RELEASES, releases.getFirst());
                    publisher.publishAgain(
                            Topic.MODEL_RELEASES,
                            releases.getLast().decided(ModelRelease.Verdict.REJECTED, "benchmark", "to be approved"));
                    met &= benchmark.serving(rlhf, inference, releases, repeats);
                }
            }
            benchmark.figures.write(options.json());
            return met ? 0 : 1;
        } finally {
            Folders.delete(folder);
        }
    }

    private static ServiceTrial start(Stage stage, Path folder, TemporaryBroker broker, List<String> settings)
            throws IOException, InterruptedException {
        ServiceTrial service = ServiceTrial.start(stage, folder, broker.bootstrapServers(), HEAP_MEGABYTES, settings);
        if (Double.isNaN(service.awaitRead(LIMIT))) {
            try (service) {
                throw new IOException(stage.service() + " did not start; it said last: " + service.lastLine());
            }
        }
        return service;
    }

    /** One with random weights, small enough that what is measured is the reaction and not the loading. */
    private static ImportedModel model(Path folder, Path store) throws IOException {
        TransformerConfig shape = new TransformerConfig(2_048, LAYERS, WIDTH, 2, 2, 2 * WIDTH, 128, 10_000, 1e-5, true);
        RandomModel.write(shape, folder);
        try (CheckpointStore files = CheckpointStore.open(store.toUri(), folder.resolve("copies"))) {
            return ImportedModel.save(HuggingFaceModel.load(folder), ImportedModel.Role.BASE, files);
        }
    }

    private boolean training(ServiceTrial sft, int repeats, int burst) throws IOException, InterruptedException {
        ServiceClient service = new ServiceClient(sft.address());
        List<Double> seconds = new ArrayList<>();
        for (int repeat = 0; repeat < repeats; repeat++) {
            int before = runs(service);
            instruct(THRESHOLD);
            long crossed = System.nanoTime() + DEBOUNCE.toNanos();
            await("a run", sft, () -> runs(service) > before && hasStepped(service));
            seconds.add((System.nanoTime() - crossed) / 1e9);
            await("the run's end", sft, () -> isIdle(service));
        }
        boolean met = tell("threshold crossed, to the first step of training", seconds, TRAINING_SECONDS);
        return burst(sft, service, burst) && met;
    }

    private boolean burst(ServiceTrial sft, ServiceClient service, int burst) throws IOException, InterruptedException {
        int before = runs(service);
        instruct(burst);
        await("a run", sft, () -> runs(service) > before && hasStepped(service));
        await("the run's end", sft, () -> isIdle(service));
        Thread.sleep(2 * DEBOUNCE.toMillis());
        await("the last run's end", sft, () -> isIdle(service));
        int came = runs(service) - before;
        out.printf(Locale.ROOT, "%,d instructions in a burst: %d run%s%n", burst, came, came == 1 ? "" : "s");
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("part", "runs of a burst of " + burst);
        line.put("value", came);
        line.put("target", 1);
        line.put("met", came == 1);
        figures.add(line);
        return came == 1;
    }

    private boolean serving(ServiceTrial rlhf, ServiceTrial inference, List<ModelRelease> both, int repeats)
            throws IOException, InterruptedException {
        ReleaseClient releases = new ReleaseClient(rlhf.address());
        String first = both.getFirst().reference().sha256();
        String second = both.getLast().reference().sha256();
        await("the first model", inference, () -> isServed(inference, first));
        await("the other release", rlhf, () -> releases.list().size() == 2);
        ReleaseClient.Release candidate = ReleaseClient.find(releases.list(), second);
        List<Double> approved = new ArrayList<>();
        List<Double> rolledBack = new ArrayList<>();
        for (int repeat = 0; repeat < repeats; repeat++) {
            approved.add(decided(releases, candidate, ModelRelease.Verdict.APPROVED, inference, second));
            rolledBack.add(decided(releases, candidate, ModelRelease.Verdict.ROLLED_BACK, inference, first));
        }
        boolean met = tell("approval, to the model being served", approved, SERVED_SECONDS);
        return tell("rollback, to the earlier model being served", rolledBack, SERVED_SECONDS) && met;
    }

    private static double decided(
            ReleaseClient releases,
            ReleaseClient.Release candidate,
            ModelRelease.Verdict verdict,
            ServiceTrial inference,
            String served)
            throws IOException, InterruptedException {
        long begun = System.nanoTime();
        releases.decide(candidate, verdict, "benchmark", "to see how soon it is served");
        await("the model after " + verdict.id(), inference, () -> isServed(inference, served));
        return (System.nanoTime() - begun) / 1e9;
    }

    private boolean tell(String part, List<Double> seconds, double target) {
        double worst = seconds.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
        boolean met = worst <= target;
        out.printf(
                Locale.ROOT,
                "%s: %.2f s median, %.2f s at most, of %d (target %.0f s: %s)%n",
                part,
                Figures.median(seconds),
                worst,
                seconds.size(),
                target,
                met ? "met" : "missed");
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("part", part);
        line.put("value", worst);
        line.put("median", Figures.median(seconds));
        line.put("target", target);
        line.put("met", met);
        figures.add(line);
        return met;
    }

    private void instruct(int count) {
        int first = published;
        published += count;
        publisher.publish(
                Topic.INSTRUCTIONS,
                each -> {
                    for (int number = first; number < first + count; number++) {
                        each.accept(new Instruction(
                                "reaction-" + number,
                                List.of(Message.user("What comes after " + number + "?")),
                                List.of("It is " + (number + 1) + "."),
                                Map.of()));
                    }
                },
                looked -> {});
    }

    private static int runs(ServiceClient service) {
        return service.get("/runs").size();
    }

    private static boolean hasStepped(ServiceClient service) {
        return service.job().map(job -> job.step() > 0 || job.isWaiting()).orElse(false);
    }

    private static boolean isIdle(ServiceClient service) {
        return service.job().map(JobStatus::isWaiting).orElse(false);
    }

    private static boolean isServed(ServiceTrial inference, String sha256) {
        return new ServiceClient(inference.address())
                .get("/served")
                .path("sha256")
                .asText()
                .equals(sha256);
    }

    private static void await(String what, ServiceTrial service, BooleanSupplier there)
            throws IOException, InterruptedException {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!isTrue(there)) {
            if (System.nanoTime() > end) {
                throw new IOException(what + " has not come within " + LIMIT.toMinutes()
                        + " minutes; the service said last: " + service.lastLine());
            }
            Thread.sleep(LOOK_MILLIS);
        }
    }

    /** A service that does not answer at once, or has nothing to tell so far, has not done it. */
    private static boolean isTrue(BooleanSupplier there) {
        try {
            return there.getAsBoolean();
        } catch (LaunchException e) {
            return false;
        }
    }
}
