package io.alignstream.contracts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.messages.Messages;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever stands in place of a number of an event: it is poison, with a reason, or the same number in the event. It is never
 * taken for another one: no infinity, nothing cut off.
 */
class EventNumbersTest {

    /** Stands where a number is replaced, in text that no sample holds. */
    private static final String MARK = "\"the-number-goes-here\"";

    private static final String DIGITS = "1" + "0".repeat(400);

    /** Numbers that no field takes. */
    private static final List<String> NONE = List.of(
            "NaN", "Infinity", "-Infinity", "\"NaN\"", "\"Infinity\"", "\"7\"", "1e999", "-1e999", "1e400", DIGITS);

    /** Numbers that a field of doubles may take. */
    private static final List<String> NOT_WHOLE = List.of("1.9", "1e30", "1000000000000000000000", "0.1");

    static List<Topic<?>> jsonTopics() {
        return GoldenFileTest.jsonTopics().toList();
    }

    @Test
    void thereAreNumbersToReplace() {
        assertThat(jsonTopics().stream().mapToInt(topic -> texts(topic).size()).sum())
                .isGreaterThan(40);
    }

    @ParameterizedTest
    @MethodSource("jsonTopics")
    void whatIsNoNumberIsPoison(Topic<?> topic) {
        for (String text : texts(topic)) {
            for (String number : NONE) {
                for (boolean structured : List.of(false, true)) {
                    // When
                    Optional<String> again = read(topic, text.replace(MARK, number), structured);

                    // Then: a reason's argument may be a text, too
                    assertThat(again.filter(written -> !isArgument(text)))
                            .as("%s of %s in %s", number, topic.name(), text)
                            .isEmpty();
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("jsonTopics")
    void anotherNumberIsPoisonOrStaysTheSame(Topic<?> topic) throws Exception {
        for (String text : texts(topic)) {
            for (String number : NOT_WHOLE) {
                for (boolean structured : List.of(false, true)) {
                    // When
                    Optional<String> again = read(topic, text.replace(MARK, number), structured);

                    // Then
                    if (again.isPresent()) {
                        assertThat(sorted(again.get()))
                                .as("%s of %s in %s", number, topic.name(), text)
                                .contains(Double.toString(Double.parseDouble(number)));
                    }
                }
            }
        }
    }

    private static String sorted(String json) throws Exception {
        return CloudEventCodec.JSON.readTree(json).toString();
    }

    /** The sample with each of its numbers in turn replaced by the mark. */
    private static List<String> texts(Topic<?> topic) {
        List<String> texts = new ArrayList<>();
        JsonNode whole = CloudEventCodec.JSON.valueToTree(Samples.event(topic));
        mark(whole, whole, texts);
        return texts;
    }

    private static void mark(JsonNode whole, JsonNode node, List<String> texts) {
        String mark = MARK.substring(1, MARK.length() - 1);
        if (node instanceof ObjectNode object) {
            List.copyOf(object.properties())
                    .forEach(field -> mark(
                            whole,
                            field.getValue(),
                            with -> object.put(field.getKey(), mark),
                            now -> object.set(field.getKey(), now),
                            texts));
        } else if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                int index = i;
                mark(whole, array.get(i), with -> array.set(index, mark), now -> array.set(index, now), texts);
            }
        }
    }

    private static void mark(
            JsonNode whole,
            JsonNode value,
            Consumer<JsonNode> replace,
            Consumer<JsonNode> restore,
            List<String> texts) {
        if (value.isNumber()) {
            replace.accept(value);
            texts.add(whole.toString());
            restore.accept(value);
        } else {
            mark(whole, value, texts);
        }
    }

    private static boolean isArgument(String text) {
        return text.matches(".*\"arguments\":\\{[^}]*" + MARK + ".*");
    }

    /** The event once more as JSON; empty if it is poison, for a reason in words of ours. */
    private static <T> Optional<String> read(Topic<T> topic, String json, boolean structured) {
        try {
            T event = topic.decode(structured ? enveloped(topic, json) : plain(topic, json));
            return Optional.of(new String(topic.record(event, "a-test").value(), StandardCharsets.UTF_8));
        } catch (PoisonEventException e) {
            assertThat(Messages.english(e.reason())).as(json).isNotBlank().doesNotContain("com.fasterxml", "java.lang");
            return Optional.empty();
        }
    }

    private static ConsumerRecord<byte[], byte[]> plain(Topic<?> topic, String json) {
        return Samples.consumed(topic, json.getBytes(StandardCharsets.UTF_8));
    }

    private static ConsumerRecord<byte[], byte[]> enveloped(Topic<?> topic, String json) {
        String type = ((CloudEventCodec<?>) topic.codec()).type();
        Headers headers = new RecordHeaders()
                .add("content-type", "application/cloudevents+json".getBytes(StandardCharsets.UTF_8));
        return Samples.consumed(
                topic.name(),
                ("{\"specversion\":\"1.0\",\"type\":\"" + type + "\",\"source\":\"a\",\"id\":\"1\",\"data\":" + json
                                + "}")
                        .getBytes(StandardCharsets.UTF_8),
                headers);
    }
}
