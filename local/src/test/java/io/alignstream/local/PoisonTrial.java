package io.alignstream.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.local.pipeline.TopicLog;
import io.alignstream.local.service.ServiceClient;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Poison events of one topic between two good ones, sent to running services: every poison event has to become a dead
 * letter of every service that reads the topic, with its reason, and both good events have to be taken in.
 */
final class PoisonTrial implements AutoCloseable {

    /** What is promised. */
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private static final int OVERSIZE = 5_000_000;
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final Site site;
    private final KafkaProducer<byte[], byte[]> producer;
    private int number;

    PoisonTrial(Site site) {
        this.site = site;
        this.producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", site.connection().servers(), "max.request.size", Topic.MAX_RECORD_BYTES),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /**
     * A poison record.
     *
     * @param reason part of the reason that its dead letters must give
     */
    record Poison(ProducerRecord<byte[], byte[]> record, String reason) {

        String key() {
            return new String(record.key(), StandardCharsets.UTF_8);
        }
    }

    /** What is wrong with an event of a JSON topic: the value, the version, and a text of 5 MB in {@code field}. */
    <T> List<Poison> ofEveryKind(Topic<T> topic, T good, String field) {
        ObjectNode oversize = json(topic, good);
        set(oversize, field, "x".repeat(OVERSIZE));
        List<Poison> poison = new ArrayList<>();
        poison.add(poison(topic, good, bytes("no JSON"), "not valid JSON"));
        poison.add(poison(topic, good, bytes(oversize.toString()), "the limit is"));
        ProducerRecord<byte[], byte[]> version = record(
                topic,
                bytes(json(topic, good).toString()),
                topic.record(good, "test").headers());
        String type = new String(version.headers().lastHeader("ce_type").value(), StandardCharsets.UTF_8);
        version.headers().remove("ce_type").add("ce_type", bytes(type.replace(".v1", ".v0")));
        poison.add(new Poison(version, "unknown type or version"));
        poison.add(new Poison(record(topic, bytes("typed by hand"), new RecordHeaders()), "set the header ce_type"));
        return poison;
    }

    /** An event of {@code topic} whose JSON has {@code field} with {@code json} as its value. */
    <T> Poison with(Topic<T> topic, T good, String field, String json, String reason) {
        ObjectNode event = json(topic, good);
        set(event, field, "PLACE");
        return poison(topic, good, bytes(event.toString().replace("\"PLACE\"", json)), reason);
    }

    /** A record with the headers of {@code good} and another value. */
    <T> Poison poison(Topic<T> topic, T good, byte[] value, String reason) {
        return new Poison(record(topic, value, topic.record(good, "test").headers()), reason);
    }

    private ProducerRecord<byte[], byte[]> record(Topic<?> topic, byte[] value, Headers headers) {
        byte[] key = bytes("poison-" + topic.name() + "-" + number++);
        return new ProducerRecord<>(topic.name(), null, key, value, new RecordHeaders(headers));
    }

    /**
     * Sends {@code first}, the poison, {@code second} and waits for their fate.
     *
     * @param readers the stages that follow the topic
     */
    <T> void run(Topic<T> topic, T first, List<Poison> poison, T second, Stage... readers) {
        run(topic, topic.record(first, "test"), poison, topic.record(second, "test"), readers);
    }

    /** The same with records of good events. */
    void run(
            Topic<?> topic,
            ProducerRecord<byte[], byte[]> first,
            List<Poison> poison,
            ProducerRecord<byte[], byte[]> second,
            Stage... readers) {
        // Given
        Map<Stage, Double> before = counts(topic, readers);

        // When
        long sent = System.nanoTime();
        producer.send(first);
        poison.forEach(one -> producer.send(one.record()));
        producer.send(second);
        producer.flush();

        // Then
        List<ConsumerRecord<byte[], byte[]>> letters = new ArrayList<>();
        try (TopicLog log = new TopicLog(site.connection(), List.of(topic.deadLetters()))) {
            await("dead letters of " + topic)
                    .atMost(LIMIT)
                    .pollInterval(Duration.ofMillis(50))
                    .untilAsserted(() -> {
                        log.readToEnd(letters::add);
                        for (Stage reader : readers) {
                            assertThat(reasons(letters, reader)).containsKeys(keys(poison));
                        }
                    });
        }
        System.out.printf(
                Locale.ROOT,
                "%d poison events in %s: all dead letters after %.1f s%n",
                poison.size(),
                topic.name(),
                (System.nanoTime() - sent) / 1e9);
        for (Stage reader : readers) {
            Map<String, String> reasons = reasons(letters, reader);
            assertThat(poison)
                    .allSatisfy(one -> assertThat(reasons.get(one.key())).contains(one.reason()));
            assertThat(letters.stream().filter(letter -> isFrom(letter, reader)))
                    .hasSize(poison.size());
            await("good events of " + topic + " in " + reader).atMost(LIMIT).untilAsserted(() -> assertThat(
                            count(topic, reader))
                    .isEqualTo(before.getOrDefault(reader, 0.0) + 2));
            assertThat(new ServiceClient(site.address(reader)).isReady()).isTrue();
        }
    }

    private static String[] keys(List<Poison> poison) {
        return poison.stream().map(Poison::key).toArray(String[]::new);
    }

    private static Map<String, String> reasons(List<ConsumerRecord<byte[], byte[]>> letters, Stage reader) {
        return letters.stream()
                .filter(letter -> isFrom(letter, reader))
                .collect(Collectors.toMap(
                        letter -> new String(letter.key(), StandardCharsets.UTF_8),
                        letter -> header(letter, "dead-letter-reason"),
                        (one, again) -> again));
    }

    private static boolean isFrom(ConsumerRecord<byte[], byte[]> letter, Stage reader) {
        return header(letter, "dead-letter-stage").equals(reader.id());
    }

    private static String header(ConsumerRecord<byte[], byte[]> letter, String name) {
        return new String(letter.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }

    private Map<Stage, Double> counts(Topic<?> topic, Stage... readers) {
        // a connection that is kept may just have been closed
        return List.of(readers).stream()
                .collect(Collectors.toMap(reader -> reader, reader -> await("what " + reader + " counts")
                        .atMost(LIMIT)
                        .until(() -> count(topic, reader), counted -> counted >= 0)));
    }

    /** How many events of {@code topic} the service has taken in since its start. */
    private double count(Topic<?> topic, Stage reader) {
        String metric = topic == Topic.DOCUMENTS ? "alignstream_documents_total" : "alignstream_events_total";
        String label = topic == Topic.DOCUMENTS ? "outcome=\"kept\"" : "topic=\"" + topic.name() + "\"";
        HttpRequest request = HttpRequest.newBuilder(site.address(reader).resolve("/q/metrics"))
                .build();
        try {
            return HTTP.send(request, HttpResponse.BodyHandlers.ofString())
                    .body()
                    .lines()
                    .filter(line -> line.startsWith(metric + "{") && line.contains(label))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                    .sum();
        } catch (IOException e) {
            return -1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private static <T> ObjectNode json(Topic<T> topic, T event) {
        try {
            return (ObjectNode) JSON.readTree(topic.record(event, "test").value());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Puts a text into the place that a path like {@code messages.0.content} names. */
    private static void set(ObjectNode event, String path, String text) {
        int dot = path.lastIndexOf('.');
        String name = path.substring(dot + 1);
        JsonNode parent =
                dot < 0 ? event : event.at("/" + path.substring(0, dot).replace('.', '/'));
        switch (parent) {
            case ObjectNode object -> object.put(name, text);
            case com.fasterxml.jackson.databind.node.ArrayNode array -> array.set(Integer.parseInt(name), text);
            default -> throw new AssertionError("no " + path + " in " + event);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        producer.close();
    }
}
