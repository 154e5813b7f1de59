package io.alignstream.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Document;
import io.alignstream.contracts.Topic;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes documents as fast as clean ones come out, so that some are always on their way, and finds the moments at which
 * to kill the process that works on them; for one thread.
 */
final class DocumentStream implements AutoCloseable {

    /** Documents for each life of the process. */
    static final int SHARE = 160;

    private static final Logger LOG = LoggerFactory.getLogger(DocumentStream.class);
    private static final int ON_THEIR_WAY = 60;
    private static final double TRANSACTION_SECONDS = 0.2;
    private static final double LONGEST_START_SECONDS = 3;
    private static final double PATIENCE_SECONDS = 180;
    private static final Duration POLL = Duration.ofMillis(20);

    private final IntConsumer publisher;
    private final KafkaConsumer<byte[], byte[]> clean;
    private final int[] survivorsBefore;
    private final Random random = new Random(1);
    private int published;
    private int out;

    /**
     * @param survivors ids of the {@code documents} that come out
     * @param publisher publishes the document of a number, which grows
     */
    DocumentStream(String address, List<Document> documents, List<String> survivors, IntConsumer publisher) {
        this.publisher = publisher;
        Set<String> kept = new HashSet<>(survivors);
        survivorsBefore = new int[documents.size() + 1];
        for (int i = 0; i < documents.size(); i++) {
            boolean survives = kept.contains(documents.get(i).id());
            survivorsBefore[i + 1] = survivorsBefore[i] + (survives ? 1 : 0);
        }
        clean = new KafkaConsumer<>(
                Map.of("bootstrap.servers", address, "isolation.level", "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        List<TopicPartition> partitions = clean.partitionsFor(Topic.CLEAN_DOCUMENTS.name()).stream()
                .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                .toList();
        clean.assign(partitions);
        clean.seekToBeginning(partitions);
    }

    /**
     * Documents stream until it is time to kill {@code process}, which has just begun its life number {@code life}.
     *
     * <p>In every other life that is anywhere inside the transaction after a random number of clean documents, in the
     * others any moment of the first seconds.
     */
    void untilTheEndOf(int life, Process process) {
        int share = (life + 1) * SHARE;
        int end = share + SHARE / 2; // some are left for the transaction in which the process dies
        long begin = System.nanoTime();
        int before = out;
        boolean streaming = life % 2 == 0;
        if (streaming) {
            int most = survivorsBefore[share];
            int wanted = before + 1 + random.nextInt(Math.max(1, most - before));
            run(end, () -> {
                assertThat(process.isAlive()).as("the process lives").isTrue();
                return out >= wanted;
            });
        }
        long from = System.nanoTime();
        double pause = random.nextDouble(streaming ? TRANSACTION_SECONDS : LONGEST_START_SECONDS);
        run(end, () -> seconds(from) >= pause);
        LOG.info(
                "life {} ends after {} s, {} documents have come out in it, {} are on their way",
                life + 1,
                "%.2f".formatted(seconds(begin)),
                out - before,
                survivorsBefore[published] - out);
    }

    /** Documents stream until all have come out. */
    void untilAllAreOut() {
        int all = survivorsBefore.length - 1;
        run(all, () -> published == all && out >= survivorsBefore[all]);
    }

    /** Publishes up to the document {@code end}, exclusive, and watches what comes out. */
    private void run(int end, BooleanSupplier enough) {
        long begin = System.nanoTime();
        while (!enough.getAsBoolean()) {
            assertThat(seconds(begin))
                    .as("%d documents came out, %d are overdue", out, survivorsBefore[published] - out)
                    .isLessThan(PATIENCE_SECONDS);
            out += clean.poll(POLL).count();
            while (published < end && survivorsBefore[published] < out + ON_THEIR_WAY && !enough.getAsBoolean()) {
                publisher.accept(published++);
            }
        }
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) / 1e9;
    }

    @Override
    public void close() {
        clean.close();
    }
}
