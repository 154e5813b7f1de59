package io.alignstream.benchmarks.pipeline;

import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.Feedback;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.hash.Sha256;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongFunction;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * As many valid events as asked for on each of the topics that grow: instructions, prompts, ranking requests with a ranking
 * each, clean documents and feedback. Every event has a key of its own, and a text that no other one has.
 */
final class SyntheticEvents {

    private static final String MODEL = "5".repeat(64);
    private static final int PEOPLE = 20;

    private final String bootstrapServers;
    private final long events;

    /** @param events on each topic */
    SyntheticEvents(String bootstrapServers, long events) {
        this.bootstrapServers = bootstrapServers;
        this.events = events;
    }

    /** Publishes those of {@code topics}; returns when the broker has them. */
    void publish(PrintStream out, Set<Topic<?>> topics) {
        if (topics.contains(Topic.INSTRUCTIONS)) {
            publish(out, Topic.INSTRUCTIONS, i -> new Instruction(id(i), question(i), List.of(answer(i, 0)), Map.of()));
        }
        if (topics.contains(Topic.PROMPTS)) {
            publish(out, Topic.PROMPTS, i -> new Prompt(id(i), question(events + i), Map.of()));
        }
        if (topics.contains(Topic.RANKING_REQUESTS)) {
            publish(out, Topic.RANKING_REQUESTS, SyntheticEvents::request);
        }
        if (topics.contains(Topic.RANKINGS)) {
            publish(out, Topic.RANKINGS, SyntheticEvents::ranking);
        }
        if (topics.contains(Topic.CLEAN_DOCUMENTS)) {
            publish(
                    out,
                    Topic.CLEAN_DOCUMENTS,
                    i -> new CleanDocument(id(i), answer(i, 0), "benchmark", Map.of(), Sha256.hex(id(i)), 80));
        }
        if (topics.contains(Topic.FEEDBACK)) {
            publish(out, Topic.FEEDBACK, SyntheticEvents::feedback);
        }
    }

    private static RankingRequest request(long i) {
        return new RankingRequest(
                id(i), question(i), List.of(answer(i, 0), answer(i, 1), answer(i, 2)), null, Map.of());
    }

    private static Ranking ranking(long i) {
        List<List<Integer>> order =
                List.of(List.of((int) (i % 3)), List.of((int) ((i + 1) % 3)), List.of((int) ((i + 2) % 3)));
        return new Ranking(id(i), "person-" + i % PEOPLE, order, List.of(), List.of(), "1");
    }

    private static Feedback feedback(long i) {
        Feedback.Thumb thumb = i % 3 == 0 ? Feedback.Thumb.DOWN : Feedback.Thumb.UP;
        return new Feedback(id(i), thumb, question(i), answer(i, 0), null, MODEL);
    }

    private static String id(long number) {
        return "event-%016d".formatted(number);
    }

    private static List<Message> question(long number) {
        return List.of(
                Message.user("What is to be seen in the town number " + number + ", and when is the best time?"));
    }

    private static String answer(long number, int variant) {
        return "In spring, the old bridge and the market of town " + number + " are worth " + (variant + 1) + " days.";
    }

    private <T> void publish(PrintStream out, Topic<T> topic, LongFunction<T> event) {
        long begin = System.nanoTime();
        AtomicReference<Exception> failure = new AtomicReference<>();
        Map<String, Object> settings = Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                ProducerConfig.COMPRESSION_TYPE_CONFIG,
                "zstd",
                ProducerConfig.BATCH_SIZE_CONFIG,
                1 << 20,
                ProducerConfig.LINGER_MS_CONFIG,
                50,
                ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG,
                ByteArraySerializer.class,
                ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG,
                ByteArraySerializer.class);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings)) {
            for (long i = 0; i < events; i++) {
                producer.send(topic.record(event.apply(i), "benchmark"), (metadata, e) -> {
                    if (e != null) {
                        failure.compareAndSet(null, e);
                    }
                });
            }
            producer.flush();
        }
        if (failure.get() != null) {
            throw new IllegalStateException("an event of " + topic + " could not be sent", failure.get());
        }
        out.printf("  published %,d %s in %.0f s%n", events, topic, (System.nanoTime() - begin) / 1e9);
    }
}
