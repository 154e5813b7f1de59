package io.alignstream.benchmarks.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.Figures;
import io.alignstream.benchmarks.harness.Folders;
import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.exchange.GgufImport;
import io.alignstream.languagemodel.exchange.HuggingFaceModel;
import io.alignstream.local.pipeline.ImportedModel;
import io.alignstream.local.pipeline.Publisher;
import io.alignstream.local.site.KafkaConnection;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * What retrieval does for facts that came after a model was trained: towns that a seed makes up, documents on them published
 * to {@code clean-documents}, questions asked of the running service with and without {@code retrieval}.
 *
 * <p>Besides: how often the right document's passage is found, in English and Chinese, how long that takes, and how fast
 * documents are indexed. An answer is right if it holds the name or number in question. Without {@code --model}
 * no answers are measured; the demo's model is none for it, as a passage does not fit beside a question into its 128 positions.
 */
public final class RetrievalBenchmark {

    private static final int HEAP_MEGABYTES = 768;
    private static final int PASSAGES = 3;
    private static final int ANSWER = 24;
    private static final Duration LIMIT = Duration.ofMinutes(20);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final PrintStream out;
    private final ServiceTrial service;
    private final Figures figures = new Figures("retrieval");
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private RetrievalBenchmark(PrintStream out, ServiceTrial service) {
        this.out = out;
        this.service = service;
    }

    /** Runs it and returns the exit code. */
    public static int run(PrintStream out, BenchmarkOptions options) throws IOException, InterruptedException {
        options.only("model", "towns", "questions", "seed");
        int towns = options.number("towns", 300);
        int seed = options.number("seed", 1);
        InventedTowns english = InventedTowns.english(seed, towns);
        InventedTowns chinese = InventedTowns.chinese(seed, towns);
        Path folder = Files.createTempDirectory("alignstream-bench");
        try (TemporaryBroker broker = TemporaryBroker.start(folder)) {
            Optional<ModelRelease> release = release(options, folder);
            try (ServiceTrial service = ServiceTrial.start(
                            Stage.INFERENCE,
                            folder,
                            broker.bootstrapServers(),
                            HEAP_MEGABYTES,
                            List.of(
                                    "-Dalignstream.inference.retrieval.enabled=true",
                                    "-Dalignstream.inference.timeout=PT30M"));
                    Publisher publisher = new Publisher(KafkaConnection.to(broker.bootstrapServers()))) {
                RetrievalBenchmark benchmark = new RetrievalBenchmark(out, service);
                benchmark.await("/retrieval/open", "true");
                double before = service.residentMegabytes();
                benchmark.index(publisher, "English", english);
                benchmark.index(publisher, "Chinese", chinese);
                benchmark.memory(before);
                benchmark.find("English", english);
                benchmark.find("Chinese", chinese);
                if (release.isPresent()) {
                    publisher.publishAgain(Topic.MODEL_RELEASES, release.get());
                    benchmark.await("/sha256", release.get().reference().sha256());
                    benchmark.answer(english, options.number("questions", 100), seed);
                }
                benchmark.figures.write(options.json());
                return 0;
            }
        } finally {
            Folders.delete(folder);
        }
    }

    private static Optional<ModelRelease> release(BenchmarkOptions options, Path folder) throws IOException {
        Optional<Path> given = options.path("model");
        if (given.isEmpty()) {
            return Optional.empty();
        }
        Path scratch = Files.createDirectories(folder.resolve("imported"));
        HuggingFaceModel model = Files.isRegularFile(given.get())
                ? GgufImport.load(given.get(), scratch)
                : HuggingFaceModel.load(given.get());
        Path files = Files.createDirectories(ServiceTrial.store(Stage.INFERENCE, folder));
        try (CheckpointStore store = CheckpointStore.open(files.toUri(), folder.resolve("copies"))) {
            return ImportedModel.save(model, ImportedModel.Role.RELEASE, store).release();
        }
    }

    private void index(Publisher publisher, String language, InventedTowns towns)
            throws IOException, InterruptedException {
        int before = served().path("retrieval").path("passages").asInt();
        long begun = System.nanoTime();
        for (InventedTowns.Report report : towns.documents()) {
            publisher.publishAgain(
                    Topic.CLEAN_DOCUMENTS,
                    new CleanDocument(
                            report.id(),
                            report.text(),
                            "benchmark",
                            Map.of("title", report.title()),
                            Sha256.hex(report.text()),
                            report.text().length()));
        }
        long deadline = begun + LIMIT.toNanos();
        JsonNode status;
        do {
            Thread.sleep(100);
            status = served().path("retrieval");
            if (System.nanoTime() > deadline) {
                throw new IOException("the documents are not indexed; the service said last: " + service.lastLine());
            }
        } while (status.path("passages").asInt() - before < towns.documents().size()
                || status.path("behind").asLong() > 0
                || !status.path("read").asBoolean());
        double seconds = (System.nanoTime() - begun) / 1e9;
        int passages = status.path("passages").asInt() - before;
        out.printf(
                Locale.ROOT,
                "%s: %d documents, %d passages indexed in %.1f s, %.1f passages/s, %.2f KiB of disk each%n",
                language,
                towns.documents().size(),
                passages,
                seconds,
                passages / seconds,
                status.path("bytes").asDouble() / status.path("passages").asInt() / 1024);
        Map<String, Object> line = line("index", language);
        line.put("documents", towns.documents().size());
        line.put("passages", passages);
        line.put("passagesPerSecond", passages / seconds);
        figures.add(line);
    }

    private void memory(double before) throws IOException {
        double after = service.residentMegabytes();
        out.printf(Locale.ROOT, "resident: %.0f MiB before, %.0f with both models and the index%n", before, after);
        Map<String, Object> line = line("memory", "both");
        line.put("residentMebibytesBefore", before);
        line.put("residentMebibytesAfter", after);
        figures.add(line);
    }

    private void find(String language, InventedTowns towns) throws IOException, InterruptedException {
        int first = 0;
        int among = 0;
        List<Double> seconds = new ArrayList<>();
        for (InventedTowns.Question question : towns.questions()) {
            long begun = System.nanoTime();
            JsonNode found = post(
                            "v1/retrieval",
                            Map.of("query", question.text(), "passages", PASSAGES, "minimum_similarity", 0))
                    .path("data");
            seconds.add((System.nanoTime() - begun) / 1e9);
            List<String> documents = found.valueStream()
                    .map(passage -> passage.path("document").asText())
                    .toList();
            first += !documents.isEmpty() && documents.getFirst().equals(question.document()) ? 1 : 0;
            among += documents.contains(question.document()) ? 1 : 0;
        }
        Collections.sort(seconds);
        int asked = seconds.size();
        double late = seconds.get((int) Math.ceil(0.99 * asked) - 1);
        out.printf(
                Locale.ROOT,
                "%s: the right passage first for %.1f %% of %d questions, among %d for %.1f %%; a search takes %.1f ms"
                        + " p50, %.1f ms p99, by HTTP%n",
                language,
                100.0 * first / asked,
                asked,
                PASSAGES,
                100.0 * among / asked,
                1e3 * Figures.median(seconds),
                1e3 * late);
        Map<String, Object> line = line("recall", language);
        line.put("questions", asked);
        line.put("first", (double) first / asked);
        line.put("amongThree", (double) among / asked);
        line.put("searchMedianSeconds", Figures.median(seconds));
        line.put("searchLateSeconds", late);
        figures.add(line);
    }

    private void answer(InventedTowns towns, int questions, long seed) throws IOException, InterruptedException {
        List<InventedTowns.Question> asked = new ArrayList<>(towns.questions());
        Collections.shuffle(asked, new Random(seed));
        asked = asked.subList(0, Math.min(questions, asked.size()));
        for (int passages : List.of(0, 1, PASSAGES)) {
            int right = 0;
            int shown = 0;
            long begun = System.nanoTime();
            for (InventedTowns.Question question : asked) {
                JsonNode answer = post(
                        "v1/chat/completions",
                        Map.of(
                                "temperature",
                                0,
                                "max_tokens",
                                ANSWER,
                                "retrieval",
                                passages == 0 ? false : Map.of("passages", passages),
                                "messages",
                                List.of(Map.of("role", "user", "content", question.text()))));
                String said = answer.path("choices")
                        .path(0)
                        .path("message")
                        .path("content")
                        .asText();
                right += holds(said, question.answer()) ? 1 : 0;
                shown += answer.path("retrieval").path("sources").valueStream().anyMatch(source -> source.path(
                                        "document")
                                .asText()
                                .equals(question.document()))
                        ? 1
                        : 0;
            }
            double seconds = (System.nanoTime() - begun) / 1e9;
            out.printf(
                    Locale.ROOT,
                    "answers with %d passages: %.1f %% of %d right, the right passage shown for %.1f %%; %.2f s an answer%n",
                    passages,
                    100.0 * right / asked.size(),
                    asked.size(),
                    100.0 * shown / asked.size(),
                    seconds / asked.size());
            Map<String, Object> line = line("answers", "English");
            line.put("passages", passages);
            line.put("questions", asked.size());
            line.put("right", (double) right / asked.size());
            line.put("rightPassageShown", (double) shown / asked.size());
            line.put("secondsAnAnswer", seconds / asked.size());
            figures.add(line);
        }
    }

    /** Whether {@code said} has {@code answer} in it, as words of their own. */
    private static boolean holds(String said, String answer) {
        return (" " + said.replaceAll("[^\\p{L}\\p{N}]+", " ") + " ")
                .toLowerCase(Locale.ROOT)
                .contains(" " + answer.toLowerCase(Locale.ROOT) + " ");
    }

    private static Map<String, Object> line(String part, String language) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("part", part);
        line.put("language", language);
        return line;
    }

    private void await(String field, String value) throws IOException, InterruptedException {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!served().at(field).asText().equals(value)) {
            if (System.nanoTime() > end) {
                throw new IOException(field + " is not " + value + "; the service said last: " + service.lastLine());
            }
            Thread.sleep(100);
        }
    }

    private JsonNode served() throws InterruptedException {
        try {
            return JSON.readTree(
                    http.send(HttpRequest.newBuilder(address("served")).build(), HttpResponse.BodyHandlers.ofString())
                            .body());
        } catch (IOException e) {
            return JSON.missingNode(); // not listening so far
        }
    }

    private JsonNode post(String path, Map<String, ?> body) throws IOException, InterruptedException {
        HttpResponse<String> response = http.send(
                HttpRequest.newBuilder(address(path))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body)))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IOException(path + " answers " + response.statusCode() + ": " + response.body());
        }
        return JSON.readTree(response.body());
    }

    private URI address(String path) {
        return service.address().resolve(path);
    }
}
