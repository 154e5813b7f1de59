package io.alignstream.local.command.letters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.Topic;
import io.alignstream.contracts.replay.Letter;
import io.alignstream.contracts.replay.Replay;
import io.alignstream.contracts.replay.Replay.Outcome;
import io.alignstream.contracts.replay.Replay.Place;
import io.alignstream.local.broker.SharedBroker;
import io.alignstream.local.pipeline.TopicLog;
import io.alignstream.local.site.KafkaConnection;
import io.alignstream.local.site.LaunchException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** At a real broker. */
class ReplayCommandTest {

    private static final String BROKER = SharedBroker.site().connection().servers();
    private static final Topic<?> TOPIC = Topic.SHADOW_ANSWERS;
    private static final Map<String, Object> CONNECTION = Map.of("bootstrap.servers", BROKER);

    private final String key = UUID.randomUUID().toString();

    @Test
    void aLetterIsPublishedOnceHoweverOftenItIsAskedFor() throws Exception {
        // Given: two services have written the letter
        Letter poison = published(key, "poison");
        buried(poison);
        buried(poison);
        Letters letters = new Letters(TOPIC, CONNECTION);

        // When
        Map<Letter, Outcome> first = new HashMap<>(letters.replay(letters.all().keySet()));
        Map<Letter, Outcome> second = new HashMap<>(letters.replay(letters.all().keySet()));

        // Then
        assertThat(letters.all()).containsEntry(poison, "it is poison");
        assertThat(first).containsEntry(poison, Outcome.REPLAYED);
        assertThat(second).containsEntry(poison, Outcome.SUPERSEDED);
        assertThat(values()).containsExactly("poison", "poison");
    }

    @Test
    void whatANewerRecordHasReplacedIsLeftAlone() throws Exception {
        // Given
        Letter poison = published(key, "poison");
        buried(poison);
        published(key, "mended");

        // When
        Map<Letter, Outcome> outcomes = new Letters(TOPIC, CONNECTION).replay(List.of(poison));

        // Then
        assertThat(outcomes).containsEntry(poison, Outcome.SUPERSEDED);
        assertThat(values()).containsExactly("poison", "mended");
    }

    @Test
    void aRecordWithoutAKeyIsKnownByWhereItStood() throws Exception {
        // Given
        Letter poison = published(null, key);
        Letters letters = new Letters(TOPIC, CONNECTION);

        // When
        Map<Letter, Outcome> first = letters.replay(List.of(poison));
        Map<Letter, Outcome> second = letters.replay(List.of(poison));

        // Then
        assertThat(first).containsEntry(poison, Outcome.REPLAYED);
        assertThat(second).containsEntry(poison, Outcome.SUPERSEDED);
    }

    @Test
    void aCorrectionThatComesMeanwhileIsNotUndone() throws Exception {
        // Given: what the second record is about is put right when the first has been published
        Letter first = published(key + "/first", "poison");
        Letter second = published(key, "poison");
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            Replay replay = new Replay(
                    consumer,
                    record -> {
                        send(record);
                        published(key, "mended");
                    },
                    Duration.ofMinutes(1));

            // When
            Map<Letter, Outcome> outcomes = replay.of(List.of(first, second));

            // Then
            assertThat(outcomes).containsEntry(first, Outcome.REPLAYED).containsEntry(second, Outcome.SUPERSEDED);
            assertThat(values()).containsExactly("poison", "mended");
        }
    }

    @Test
    void whatIsNotThereOrIsAnotherRecordIsGone() throws Exception {
        // Given: the topic was made anew, so that a good record stands where the letter's stood
        Letter good = published(key, "good");
        Letter before = new Letter(good.place(), Letter.fingerprint(bytes(key), bytes("poison")));
        Letter nowhere = new Letter(new Place(TOPIC.name(), 0, 1_000_000_000), good.record());

        // When
        Map<Letter, Outcome> outcomes = new Letters(TOPIC, CONNECTION).replay(List.of(before, nowhere));

        // Then
        assertThat(outcomes).containsEntry(before, Outcome.GONE).containsEntry(nowhere, Outcome.GONE);
        assertThat(values()).containsExactly("good");
    }

    @Test
    void whatTheBrokersRefuseHoldsUpNoOther() throws Exception {
        // Given: the brokers take less than they did, and noise is not made smaller by compressing it
        byte[] noise = new byte[4_000];
        new SecureRandom().nextBytes(noise);
        Letter large = letter(
                send(new ProducerRecord<>(TOPIC.name(), bytes(key + "/large"), noise)), bytes(key + "/large"), noise);
        Letter small = published(key, "small");
        try (Admin admin = Admin.create(CONNECTION)) {
            limit(admin, AlterConfigOp.OpType.SET);

            // When
            Map<Letter, Outcome> outcomes = new Letters(TOPIC, CONNECTION).replay(List.of(large, small));

            // Then
            limit(admin, AlterConfigOp.OpType.DELETE);
            assertThat(outcomes).containsEntry(large, Outcome.REFUSED).containsEntry(small, Outcome.REPLAYED);
        }
    }

    private static void limit(Admin admin, AlterConfigOp.OpType change) throws Exception {
        admin.incrementalAlterConfigs(Map.of(
                        new ConfigResource(ConfigResource.Type.TOPIC, TOPIC.name()),
                        List.of(new AlterConfigOp(new ConfigEntry("max.message.bytes", "2000"), change))))
                .all()
                .get();
    }

    @ParameterizedTest
    @ValueSource(strings = {"checkpoints", "model-releases", "guidelines", "token-batches", "nowhere"})
    void whatGoesByTheOrderOfAllRecordsIsRefusedWithWhatThereIs(String topic) {
        ReplayCommand command = new ReplayCommand();
        new CommandLine(command).parseArgs(topic);

        assertThatThrownBy(command::call)
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("documents, clean-documents, instructions, prompts, ranking-requests, rankings");
    }

    @Test
    void whatBecameOfThemIsCounted() {
        assertThat(ReplayCommand.outcome(List.of(Outcome.REPLAYED, Outcome.GONE, Outcome.REPLAYED)))
                .containsExactly("1 not there any more, or another record is in its place", "2 published once more");
        assertThat(ReplayCommand.outcome(List.of())).containsExactly("no dead letters");
    }

    private static Letter published(@Nullable String key, String value) {
        return letter(send(new ProducerRecord<>(TOPIC.name(), bytes(key), bytes(value))), bytes(key), bytes(value));
    }

    private static Letter letter(RecordMetadata at, byte @Nullable [] key, byte @Nullable [] value) {
        return new Letter(new Place(at.topic(), at.partition(), at.offset()), Letter.fingerprint(key, value));
    }

    private void buried(Letter poison) {
        ProducerRecord<byte[], byte[]> letter = new ProducerRecord<>(TOPIC.deadLetters(), bytes(key), bytes("poison"));
        Map.of(
                        "topic",
                        poison.place().topic(),
                        "partition",
                        Integer.toString(poison.place().partition()),
                        "offset",
                        Long.toString(poison.place().offset()),
                        "reason",
                        "it is poison")
                .forEach((name, value) -> letter.headers().add("dead-letter-" + name, bytes(value)));
        send(letter);
    }

    private static RecordMetadata send(ProducerRecord<byte[], byte[]> record) {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(CONNECTION, new ByteArraySerializer(), new ByteArraySerializer())) {
            return producer.send(record).get();
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static KafkaConsumer<byte[], byte[]> consumer() {
        Map<String, Object> settings = new HashMap<>(CONNECTION);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private List<String> values() {
        List<String> values = new ArrayList<>();
        try (TopicLog log = new TopicLog(KafkaConnection.to(BROKER), List.of(TOPIC.name()))) {
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
