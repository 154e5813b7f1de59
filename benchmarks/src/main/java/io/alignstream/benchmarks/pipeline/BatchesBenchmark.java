package io.alignstream.benchmarks.pipeline;

import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.Clock;
import io.alignstream.benchmarks.harness.Figures;
import io.alignstream.benchmarks.harness.Folders;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.TokenBatch.Split;
import io.alignstream.contracts.Topic;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Token batches through a real broker, compressed with zstd: encoded and produced by one thread, then consumed and
 * decoded by one, tokens a second and bytes a token on the broker's disk.
 *
 * <p>Ids are drawn as words are in text (Zipf) from vocabularies of 32,000 and 65,536, and evenly from 65,536: the case
 * that no compression helps. A second of a core is a second of processor time of this program, its helper threads
 * counted too; the broker's is shown beside it.
 */
public final class BatchesBenchmark {

    private static final int SEQUENCE_LENGTH = 1_024;
    private static final int SEQUENCES = 64;
    private static final double MEGA = 1e6;
    private static final double TARGET_MILLIONS = 20;
    private static final double TARGET_BYTES = 2.1;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** What one direction took. */
    private record Passed(Clock.Time time, double brokerSeconds) {}

    private final PrintStream out;
    private final TemporaryBroker broker;
    private final int batches;
    private final Figures figures = new Figures("batches");

    private BatchesBenchmark(PrintStream out, TemporaryBroker broker, int batches) {
        this.out = out;
        this.broker = broker;
        this.batches = batches;
    }

    /** Runs it and returns the exit code. */
    public static int run(PrintStream out, BenchmarkOptions options) throws IOException, InterruptedException {
        options.only("million-tokens", "rounds");
        int batches = options.number("million-tokens", 100) * 1_000_000 / (SEQUENCES * SEQUENCE_LENGTH) + 1;
        Path folder = Files.createTempDirectory("alignstream-bench");
        try (TemporaryBroker broker = TemporaryBroker.start(folder)) {
            BatchesBenchmark benchmark = new BatchesBenchmark(out, broker, batches);
            out.printf(
                    "%n%,d token batches of %d × %,d tokens, zstd, one broker, one partition%n",
                    batches, SEQUENCES, SEQUENCE_LENGTH);
            benchmark.measure("warm-up", 32_000, true, 1);
            int rounds = options.number("rounds", 3);
            benchmark.measure("words of 32,000", 32_000, true, rounds);
            benchmark.measure("words of 65,536", 65_536, true, rounds);
            benchmark.measure("evenly of 65,536", 65_536, false, rounds);
            benchmark.figures.write(options.json());
            return 0;
        } finally {
            Folders.delete(folder);
        }
    }

    private void measure(String name, int vocabulary, boolean zipf, int rounds) throws InterruptedException {
        int[][] tokens = tokens(vocabulary, zipf);
        List<Passed> produced = new ArrayList<>();
        List<Passed> consumed = new ArrayList<>();
        double bytesPerToken = 0;
        for (int round = 0; round < rounds; round++) {
            long begin = end();
            long bytesBefore = bytesOnDisk();
            produced.add(produce(tokens));
            bytesPerToken = (bytesOnDisk() - bytesBefore) / ((double) batches * SEQUENCES * SEQUENCE_LENGTH);
            consumed.add(consume(begin, end()));
        }
        report(name, "produced", produced, bytesPerToken);
        report(name, "consumed", consumed, bytesPerToken);
    }

    private Passed produce(int[][] tokens) throws InterruptedException {
        Map<String, Object> settings = Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                broker.bootstrapServers(),
                ProducerConfig.COMPRESSION_TYPE_CONFIG,
                "zstd",
                ProducerConfig.BATCH_SIZE_CONFIG,
                1 << 20,
                ProducerConfig.LINGER_MS_CONFIG,
                5,
                ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
                Topic.MAX_RECORD_BYTES,
                ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG,
                ByteArraySerializer.class,
                ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG,
                ByteArraySerializer.class);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings)) {
            producer.partitionsFor(Topic.TOKEN_BATCHES.name());
            double brokerBefore = broker.cpuSeconds();
            Clock clock = Clock.ofProcess();
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (int i = 0; i < batches; i++) {
                TokenBatch batch = new TokenBatch(
                        "5".repeat(64),
                        0,
                        Split.TRAINING,
                        (long) i * SEQUENCES,
                        SEQUENCE_LENGTH,
                        tokens[i % tokens.length],
                        0,
                        i,
                        false);
                sent.add(producer.send(Topic.TOKEN_BATCHES.record(batch, "benchmark")));
            }
            for (Future<RecordMetadata> one : sent) {
                one.get();
            }
            return new Passed(clock.time(), broker.cpuSeconds() - brokerBefore);
        } catch (ExecutionException e) {
            throw new IllegalStateException("a batch could not be sent", e.getCause());
        }
    }

    private Passed consume(long begin, long end) {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            TopicPartition partition = new TopicPartition(Topic.TOKEN_BATCHES.name(), 0);
            consumer.assign(List.of(partition));
            consumer.seek(partition, begin);
            double brokerBefore = broker.cpuSeconds();
            Clock clock = Clock.ofProcess();
            long next = begin;
            while (next < end) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(PATIENCE);
                if (records.isEmpty()) {
                    throw new IllegalStateException("no batch came for " + PATIENCE.toSeconds() + " s");
                }
                for (ConsumerRecord<byte[], byte[]> record : records) {
                    TokenBatch batch = Topic.TOKEN_BATCHES.decode(record);
                    if (batch.firstSequence() != (record.offset() - begin) * SEQUENCES) {
                        throw new IllegalStateException("a batch is out of order at offset " + record.offset());
                    }
                    next = record.offset() + 1;
                }
            }
            return new Passed(clock.time(), broker.cpuSeconds() - brokerBefore);
        } catch (PoisonEventException e) {
            throw new IllegalStateException("a batch came back damaged", e);
        }
    }

    /** Bytes of the topic on the broker's disk. */
    private long bytesOnDisk() throws InterruptedException {
        try (Admin admin =
                Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, broker.bootstrapServers()))) {
            return admin.describeLogDirs(List.of(1)).allDescriptions().get().values().stream()
                    .flatMap(folders -> folders.values().stream())
                    .flatMap(folder -> folder.replicaInfos().entrySet().stream())
                    .filter(replica -> replica.getKey().topic().equals(Topic.TOKEN_BATCHES.name()))
                    .mapToLong(replica -> replica.getValue().size())
                    .sum();
        } catch (ExecutionException e) {
            throw new IllegalStateException("the broker does not tell its sizes", e.getCause());
        }
    }

    private long end() {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            TopicPartition partition = new TopicPartition(Topic.TOKEN_BATCHES.name(), 0);
            return consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
        }
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        return new KafkaConsumer<>(Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                broker.bootstrapServers(),
                ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG,
                8 << 20,
                ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG,
                ByteArrayDeserializer.class,
                ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG,
                ByteArrayDeserializer.class));
    }

    private void report(String name, String direction, List<Passed> rounds, double bytesPerToken) {
        double millions = (double) batches * SEQUENCES * SEQUENCE_LENGTH / MEGA;
        double seconds = Figures.median(
                rounds.stream().map(passed -> passed.time().seconds()).toList());
        double cpu = Figures.median(
                rounds.stream().map(passed -> passed.time().cpuSeconds()).toList());
        double brokerCpu =
                Figures.median(rounds.stream().map(Passed::brokerSeconds).toList());
        out.printf(
                "  %-18s %-9s %8.1f million tokens/s, %8.1f a core (target %.0f), broker %6.2f s of %6.2f s,"
                        + " %.3f bytes a token (target %.1f)%n",
                name,
                direction,
                millions / seconds,
                millions / cpu,
                TARGET_MILLIONS,
                brokerCpu,
                seconds,
                bytesPerToken,
                TARGET_BYTES);
        figures.add(Map.of(
                "tokens", name,
                "direction", direction,
                "millionTokensPerSecond", millions / seconds,
                "millionTokensPerCoreSecond", millions / cpu,
                "brokerCpuSeconds", brokerCpu,
                "seconds", seconds,
                "bytesPerToken", bytesPerToken));
    }

    /** Some different batches' tokens, [variants][SEQUENCES × SEQUENCE_LENGTH]. */
    private static int[][] tokens(int vocabulary, boolean zipf) {
        Random random = new Random(3);
        int[][] tokens = new int[32][SEQUENCES * SEQUENCE_LENGTH];
        for (int[] batch : tokens) {
            for (int i = 0; i < batch.length; i++) {
                // vocabulary to the power of an evenly drawn number: the id of rank r comes with a probability of about
                // 1 / r
                batch[i] = zipf ? (int) (Math.pow(vocabulary, random.nextDouble())) - 1 : random.nextInt(vocabulary);
            }
        }
        return tokens;
    }
}
