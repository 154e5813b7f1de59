package io.alignstream.benchmarks.pipeline;

import io.alignstream.benchmarks.harness.Folders;
import io.alignstream.benchmarks.harness.MixedText;
import io.alignstream.contracts.Document;
import io.alignstream.contracts.Topic;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Cleaning from topic to topic: real instances of tokenizer-service with the profile {@code plain} and a real broker.
 *
 * <p>All documents lie in the topic before an instance starts. What the first third takes is not counted: until then the
 * programs are being compiled.
 *
 * @param partitions of {@code documents}; where there is more than one, duplicates are looked for across them
 * @param instances that share them
 */
record TopologyTrial(int partitions, int instances) {

    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration QUIET = Duration.ofSeconds(20);
    private static final Duration START = Duration.ofMinutes(3);

    /** How far everything has come: documents, processor seconds. */
    private record Moment(long nanos, long documents, double services, double broker) {}

    /** Documents and megabytes a second, and megabytes a second of processor time. */
    private record Rates(double documents, double megabytes, double perCore, double perCoreWithBroker) {}

    /** Measures, prints a line and returns the figures. */
    Map<String, Object> run(PrintStream out, int count) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("alignstream-bench");
        List<TokenizerProcess> services = new ArrayList<>();
        try (TemporaryBroker broker = TemporaryBroker.start(folder.resolve("broker"))) {
            widen(broker.bootstrapServers());
            List<String> texts = new MixedText(1).documents(count * 1_700L);
            List<String> some = texts.subList(0, Math.min(count, texts.size()));
            double megabytes = publish(broker.bootstrapServers(), some) / 1e6 / some.size();
            for (int i = 0; i < instances; i++) {
                services.add(TokenizerProcess.start(folder.resolve("service" + i), broker.bootstrapServers(), "i" + i));
            }
            Rates rates = rates(some.size(), megabytes, services, broker);
            double state =
                    services.stream().mapToLong(TokenizerProcess::stateBytes).sum() / 1e3 / some.size();
            double recovery = recovery(services, broker.bootstrapServers(), folder);
            out.printf(
                    "%d partition%s, %d instance%s: %,.0f documents/s, %.2f MB/s; %.2f MB/s per core of tokenizer-service,"
                            + " %.2f with the broker's; state %.2f GB a million documents; %.1f s from kill -9 to the"
                            + " next clean document%n",
                    partitions,
                    partitions == 1 ? "" : "s",
                    instances,
                    instances == 1 ? "" : "s",
                    rates.documents(),
                    rates.megabytes(),
                    rates.perCore(),
                    rates.perCoreWithBroker(),
                    state,
                    recovery);
            Map<String, Object> figures = new LinkedHashMap<>();
            figures.put("partitions", partitions);
            figures.put("instances", instances);
            figures.put("documents", some.size());
            figures.put("documentsPerSecond", rates.documents());
            figures.put("megabytesPerSecond", rates.megabytes());
            figures.put("megabytesPerSecondPerCore", rates.perCore());
            figures.put("megabytesPerSecondPerCoreWithBroker", rates.perCoreWithBroker());
            figures.put("stateGigabytesPerMillionDocuments", state);
            figures.put("recoverySeconds", recovery);
            return figures;
        } finally {
            services.forEach(TokenizerProcess::kill);
            Folders.delete(folder);
        }
    }

    private static Rates rates(int count, double megabytes, List<TokenizerProcess> services, TemporaryBroker broker)
            throws IOException {
        List<Moment> moments = new ArrayList<>();
        long begin = System.nanoTime();
        long documents = 0;
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(broker.bootstrapServers())) {
            consumer.seekToBeginning(consumer.assignment());
            while (documents < count && !ended(begin, moments)) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
                documents += records.count();
                if (!records.isEmpty() && (moments.size() < 2 || documents < count / 3)) {
                    moments.add(moment(documents, services, broker));
                } else if (!records.isEmpty()) {
                    moments.set(moments.size() - 1, moment(documents, services, broker));
                }
            }
        }
        Moment from = moments.get(moments.size() - 2);
        Moment to = moments.getLast();
        double seconds = Math.max(1e-9, (to.nanos() - from.nanos()) / 1e9);
        double rate = (to.documents() - from.documents()) / seconds;
        double work = to.services() - from.services();
        return new Rates(
                rate,
                rate * megabytes,
                rate * seconds * megabytes / work,
                rate * seconds * megabytes / (work + to.broker() - from.broker()));
    }

    private static boolean ended(long begin, List<Moment> moments) throws IOException {
        long now = System.nanoTime();
        if (moments.isEmpty() && now - begin > START.toNanos()) {
            throw new IOException("no clean document " + START.toMinutes() + " minutes after the start");
        }
        return !moments.isEmpty() && now - moments.getLast().nanos() > QUIET.toNanos();
    }

    private static Moment moment(long documents, List<TokenizerProcess> services, TemporaryBroker broker) {
        double cpu = services.stream().mapToDouble(TokenizerProcess::cpuSeconds).sum();
        return new Moment(System.nanoTime(), documents, cpu, broker.cpuSeconds());
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
                if (System.nanoTime() - killed > START.toNanos()) {
                    throw new IOException("no clean document " + START.toMinutes() + " minutes after a kill");
                }
            }
        }
        return (System.nanoTime() - killed) / 1e9;
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

    private void widen(String servers) throws InterruptedException, IOException {
        if (partitions == 1) {
            return;
        }
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            admin.createPartitions(Map.of(
                            Topic.DOCUMENTS.name(), NewPartitions.increaseTo(partitions),
                            Topic.CLEAN_DOCUMENTS.name(), NewPartitions.increaseTo(partitions)))
                    .all()
                    .get();
        } catch (ExecutionException e) {
            throw new IOException("the topics cannot get more partitions: " + e.getCause(), e);
        }
    }
}
