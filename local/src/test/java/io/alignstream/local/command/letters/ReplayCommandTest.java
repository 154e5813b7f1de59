package io.alignstream.local.command.letters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.Topic;
import io.alignstream.contracts.replay.Replay.Outcome;
import io.alignstream.contracts.replay.Replay.Place;
import io.alignstream.local.broker.SharedBroker;
import io.alignstream.local.pipeline.TopicLog;
import io.alignstream.local.site.LaunchException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** At a real broker. */
class ReplayCommandTest {

    private static final String BROKER = SharedBroker.site().bootstrapServers();
    private static final Map<String, Object> CONNECTION = Map.of("bootstrap.servers", BROKER);

    private final String key = UUID.randomUUID().toString();

    @Test
    void aLetterIsPublishedOnceHoweverOftenItIsAskedFor() throws Exception {
        // Given: two services have written the letter
        Place poison = published(key, "poison");
        buried(poison);
        buried(poison);
        Letters letters = new Letters(Topic.GUIDELINES, CONNECTION);

        // When
        Map<Place, Outcome> first = new HashMap<>(letters.replay(letters.all().keySet()));
        Map<Place, Outcome> second = new HashMap<>(letters.replay(letters.all().keySet()));

        // Then
        assertThat(letters.all()).containsEntry(poison, "it is poison");
        assertThat(first).containsEntry(poison, Outcome.REPLAYED);
        assertThat(second).containsEntry(poison, Outcome.SUPERSEDED);
        assertThat(values()).containsExactly("poison", "poison");
    }

    @Test
    void whatANewerRecordHasReplacedIsLeftAlone() throws Exception {
        // Given
        Place poison = published(key, "poison");
        buried(poison);
        published(key, "mended");

        // When
        Map<Place, Outcome> outcomes = new Letters(Topic.GUIDELINES, CONNECTION).replay(List.of(poison));

        // Then
        assertThat(outcomes).containsEntry(poison, Outcome.SUPERSEDED);
        assertThat(values()).containsExactly("poison", "mended");
    }

    @Test
    void aRecordWithoutAKeyIsKnownByWhereItStood() throws Exception {
        // Given
        Place poison = published(null, key);
        Letters letters = new Letters(Topic.GUIDELINES, CONNECTION);

        // When
        Map<Place, Outcome> first = letters.replay(List.of(poison));
        Map<Place, Outcome> second = letters.replay(List.of(poison));

        // Then
        assertThat(first).containsEntry(poison, Outcome.REPLAYED);
        assertThat(second).containsEntry(poison, Outcome.SUPERSEDED);
    }

    @Test
    void whatIsNotThereIsGone() {
        // Given
        Place nowhere = new Place(Topic.FEEDBACK.name(), 0, 0);

        // When
        Map<Place, Outcome> outcomes = new Letters(Topic.FEEDBACK, CONNECTION).replay(List.of(nowhere));

        // Then
        assertThat(outcomes).containsEntry(nowhere, Outcome.GONE);
    }

    @Test
    void whatOnlyServicesWriteIsRefusedWithWhatThereIs() {
        ReplayCommand command = new ReplayCommand();
        new CommandLine(command).parseArgs("checkpoints");

        assertThatThrownBy(command::call)
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("documents, instructions, prompts, ranking-requests, rankings");
    }

    @Test
    void whatBecameOfThemIsCounted() {
        assertThat(ReplayCommand.outcome(List.of(Outcome.REPLAYED, Outcome.GONE, Outcome.REPLAYED)))
                .containsExactly("1 not there any more", "2 published once more");
        assertThat(ReplayCommand.outcome(List.of())).containsExactly("no dead letters");
    }

    private static Place published(@Nullable String key, String value) throws Exception {
        RecordMetadata place = send(new ProducerRecord<>(Topic.GUIDELINES.name(), bytes(key), bytes(value)));
        return new Place(place.topic(), place.partition(), place.offset());
    }

    private void buried(Place poison) throws Exception {
        ProducerRecord<byte[], byte[]> letter =
                new ProducerRecord<>(Topic.GUIDELINES.deadLetters(), bytes(key), bytes("poison"));
        Map.of(
                        "topic",
                        poison.topic(),
                        "partition",
                        Integer.toString(poison.partition()),
                        "offset",
                        Long.toString(poison.offset()),
                        "reason",
                        "it is poison")
                .forEach((name, value) -> letter.headers().add("dead-letter-" + name, bytes(value)));
        send(letter);
    }

    private static RecordMetadata send(ProducerRecord<byte[], byte[]> record)
            throws ExecutionException, InterruptedException {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(CONNECTION, new ByteArraySerializer(), new ByteArraySerializer())) {
            return producer.send(record).get();
        }
    }

    private List<String> values() {
        List<String> values = new ArrayList<>();
        try (TopicLog log = new TopicLog(BROKER, List.of(Topic.GUIDELINES.name()))) {
            log.readToEnd(record -> {
                if (record.key() != null && key.equals(new String(record.key(), StandardCharsets.UTF_8))) {
                    values.add(new String(record.value(), StandardCharsets.UTF_8));
                }
            });
        }
        return values;
    }

    private static byte @Nullable [] bytes(@Nullable String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }
}
