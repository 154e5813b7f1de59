package io.alignstream.benchmarks;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.Document;
import io.alignstream.contracts.Topic;
import io.alignstream.textcleaning.CleaningProfile;
import io.alignstream.textcleaning.Decontamination;
import io.alignstream.textcleaning.NearDuplicates;
import io.alignstream.textcleaning.TextCleaner;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Cleaning: the rules on one thread, and the topology on one and two instances of tokenizer-service.
 *
 * <p>Megabytes are of UTF-8 text and per second of processor time, so that other programs on the machine count little;
 * documents per second are by the clock.
 */
final class DataBenchmark {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int REPEATS = 5;
    private static final int PARTITIONS = 2;
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration QUIET = Duration.ofSeconds(20);

    private DataBenchmark() {}

    static int run(PrintStream out, BenchmarkOptions options) throws IOException, InterruptedException {
        options.only("megabytes", "documents", "text");
        Figures figures = new Figures("data");
        rules(out, figures, options);
        int documents = options.number("documents", 20_000);
        for (int instances = 1; instances <= 2; instances++) {
            topology(out, figures, instances, documents);
        }
        figures.write(options.json());
        return 0;
    }

    private static void rules(PrintStream out, Figures figures, BenchmarkOptions options) throws IOException {
        List<String> texts = options.path("text").isPresent()
                ? texts(options.path("text").orElseThrow())
                : new MixedText(1).documents(options.number("megabytes", 20) * 1_000_000L);
        long bytes = texts.stream()
                .mapToLong(text -> text.getBytes(StandardCharsets.UTF_8).length)
                .sum();
        out.printf("cleaning %,d documents, %.1f MB, one thread, median of %d%n", texts.size(), bytes / 1e6, REPEATS);
        for (String profile : CleaningProfile.NAMES) {
            CleaningProfile rules = CleaningProfile.of(profile, Map.of(), Set.of("en", "zh"));
            List<Double> rates = new ArrayList<>();
            long kept = 0;
            for (int i = 0; i <= REPEATS; i++) {
                Clock clock = Clock.ofThread();
                kept = clean(texts, rules);
                if (i > 0) {
                    rates.add(bytes / 1e6 / clock.time().cpuSeconds());
                }
            }
            double rate = Figures.median(rates);
            out.printf("  %-6s %6.1f MB/s per core, %,d kept%n", profile, rate, kept);
            figures.add(Map.of("profile", profile, "megabytesPerSecondPerCore", rate, "documents", texts.size()));
        }
    }

    /** Everything that happens to a text before its keys travel: JSON in, rules, hash, MinHash, JSON out. */
    private static long clean(List<String> texts, CleaningProfile rules) throws IOException {
        TextCleaner cleaner = new TextCleaner(rules, Decontamination.NONE);
        NearDuplicates near = new NearDuplicates();
        boolean minHash = !rules.name().equals("exact");
        long kept = 0;
        long keys = 0;
        for (String text : texts) {
            Document document = JSON.readValue(
                    JSON.writeValueAsBytes(new Document("id", text, "benchmark", Map.of())), Document.class);
            if (cleaner.clean(document.text()) instanceof TextCleaner.Kept clean) {
                kept++;
                keys += clean.text().contentHash().length;
                keys += minHash ? near.keys(clean.text().text()).length : 0;
                keys += JSON.writeValueAsBytes(clean.text()).length;
            }
        }
        return keys < 0 ? -1 : kept;
    }

    private static List<String> texts(Path file) throws IOException {
        try (Stream<Path> files = Files.walk(file)) {
            List<String> texts = new ArrayList<>();
            for (Path each : files.filter(Files::isRegularFile).sorted().toList()) {
                texts.add(Files.readString(each));
            }
            return texts;
        }
    }

    private static void topology(PrintStream out, Figures figures, int instances, int count)
            throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("alignstream-bench");
        List<TokenizerProcess> services = new ArrayList<>();
        try (TemporaryBroker broker = TemporaryBroker.start(folder.resolve("broker"))) {
            widen(broker.bootstrapServers());
            List<String> texts = new MixedText(instances).documents(count * 1_200L);
            List<String> some = texts.subList(0, Math.min(count, texts.size()));
            long bytes = publish(broker.bootstrapServers(), some);
            for (int i = 0; i < instances; i++) {
                services.add(TokenizerProcess.start(folder.resolve("service" + i), broker.bootstrapServers(), "i" + i));
            }
            Counted counted = count(broker.bootstrapServers(), some.size());
            long state =
                    services.stream().mapToLong(TokenizerProcess::stateBytes).sum();
            double perMillion = state * 1e6 / some.size() / 1e9;
            double recovery = recovery(services, broker.bootstrapServers(), folder);
            out.printf(
                    "%d instance%s: %,.0f documents/s, %.2f MB/s, state %.2f GB a million documents, %.1f s from kill -9"
                            + " to the next clean document%n",
                    instances,
                    instances == 1 ? "" : "s",
                    counted.documents() / counted.seconds(),
                    bytes / 1e6 * counted.documents() / some.size() / counted.seconds(),
                    perMillion,
                    recovery);
            figures.add(Map.of(
                    "instances", instances,
                    "documentsPerSecond", counted.documents() / counted.seconds(),
                    "stateGigabytesPerMillionDocuments", perMillion,
                    "recoverySeconds", recovery));
        } finally {
            services.forEach(TokenizerProcess::kill);
            Folders.delete(folder);
        }
    }

    /** Kills the first instance, starts it again, publishes one document and waits for it. */
    private static double recovery(List<TokenizerProcess> services, String servers, Path folder)
            throws IOException, InterruptedException {
        services.removeFirst().kill();
        long killed = System.nanoTime();
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(servers)) {
            consumer.seekToEnd(consumer.assignment());
            consumer.assignment().forEach(consumer::position);
            services.add(TokenizerProcess.start(folder.resolve("service0"), servers, "i0"));
            publish(servers, new MixedText(99).documents(20_000));
            while (consumer.poll(POLL).isEmpty()) {
                if (System.nanoTime() - killed > Duration.ofMinutes(3).toNanos()) {
                    throw new IOException("no clean document three minutes after a kill");
                }
            }
        }
        return (System.nanoTime() - killed) / 1e9;
    }

    private record Counted(long documents, double seconds) {}

    /** Counts clean documents from the first to the last one that comes. */
    private static Counted count(String servers, int expected) {
        long first = 0;
        long last = System.nanoTime();
        long documents = 0;
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(servers)) {
            consumer.seekToBeginning(consumer.assignment());
            while (documents < expected && (first == 0 || System.nanoTime() - last < QUIET.toNanos())) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
                if (!records.isEmpty()) {
                    last = System.nanoTime();
                    first = first == 0 ? last : first;
                    documents += records.count();
                }
            }
        }
        return new Counted(documents, Math.max(1e-9, (last - first) / 1e9));
    }

    private static KafkaConsumer<byte[], byte[]> consumer(String servers) {
        KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", servers, "isolation.level", "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        consumer.assign(consumer.partitionsFor(Topic.CLEAN_DOCUMENTS.name()).stream()
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList());
        return consumer;
    }

    private static long publish(String servers, List<String> texts) {
        long bytes = 0;
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", servers, "linger.ms", 20, "compression.type", "lz4"),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            for (int i = 0; i < texts.size(); i++) {
                bytes += texts.get(i).getBytes(StandardCharsets.UTF_8).length;
                Document document = new Document("d" + i, texts.get(i), "benchmark", Map.of());
                var acknowledged = producer.send(Topic.DOCUMENTS.record(document, "benchmark"));
            }
        }
        return bytes;
    }

    private static void widen(String servers) throws InterruptedException, IOException {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            admin.createPartitions(Map.of(
                            Topic.DOCUMENTS.name(), NewPartitions.increaseTo(PARTITIONS),
                            Topic.CLEAN_DOCUMENTS.name(), NewPartitions.increaseTo(PARTITIONS)))
                    .all()
                    .get();
        } catch (ExecutionException e) {
            throw new IOException("the topics cannot get more partitions: " + e.getCause(), e);
        }
    }
}
