package io.alignstream.stageruntime.letters;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.stageruntime.kafka.KafkaReaders;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.TopicProbe;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** On the broker that tests share: each test's letters are about events with a value of its own. */
class WrittenLettersTest {

    private final String value = UUID.randomUUID().toString();
    private TopicProbe topics;
    private KafkaReaders readers;
    private WrittenLetters letters;

    @BeforeEach
    void open() {
        KafkaBroker broker = new KafkaBroker();
        String address = broker.start().getOrDefault("kafka.bootstrap.servers", "");
        topics = new TopicProbe(address);
        readers = new KafkaReaders(Map.of("bootstrap.servers", address));
        letters = new WrittenLetters(Stage.SFT, readers::open);
    }

    @AfterEach
    void close() {
        topics.close();
    }

    @Test
    void holdWhatAnEarlierProcessHasWritten() {
        // Given
        write(Stage.SFT, event(3, value));

        // When
        boolean held = letters.hold(event(3, value));

        // Then
        assertThat(held).isTrue();
    }

    @Test
    void holdALetterThatWasPublishedAlthoughItSeemedNotToBe() {
        // Given
        boolean before = letters.hold(event(7, value));
        write(Stage.SFT, event(7, value));
        letters.forget(event(7, value));

        // When
        boolean after = letters.hold(event(7, value));

        // Then
        assertThat(before).isFalse();
        assertThat(after).isTrue();
    }

    @Test
    void holdOneLetterWhereTwoInstancesHaveWrittenIt() {
        // Given: both look before either has written
        WrittenLetters other = new WrittenLetters(Stage.SFT, readers::open);
        boolean known = letters.hold(event(8, value)) || other.hold(event(8, value));
        for (int instance = 0; instance < 2; instance++) {
            write(Stage.SFT, event(8, value)); // from one place: where it failed is part of a letter
        }

        // When
        boolean held = new WrittenLetters(Stage.SFT, readers::open).hold(event(8, value));

        // Then: whoever reads the topic sees twice the same, under the same key, and nothing that tells one from the
        // other
        assertThat(known).isFalse();
        assertThat(held).isTrue();
        List<ConsumerRecord<byte[], byte[]>> written = topics.records(Topic.GUIDELINES.deadLetters()).stream()
                .filter(letter -> new String(letter.value(), StandardCharsets.UTF_8).equals(value))
                .toList();
        assertThat(written).hasSize(2);
        assertThat(written.getFirst().key()).isEqualTo(written.getLast().key());
        assertThat(written.getFirst().headers()).isEqualTo(written.getLast().headers());
    }

    @Test
    void holdALetterWhoseValueWasCut() {
        // Given
        ConsumerRecord<byte[], byte[]> large = event(4, value + "x".repeat(Topic.MAX_RECORD_BYTES));
        write(Stage.SFT, large);

        // When
        boolean held = letters.hold(large);

        // Then
        assertThat(held).isTrue();
    }

    @Test
    void holdNoLetterOfAnotherStageOffsetOrEventAtTheSameOffset() {
        // Given
        write(Stage.REWARD, event(5, value));
        write(Stage.SFT, event(6, value));

        // When
        boolean ofAnotherStage = letters.hold(event(5, value));
        boolean ofAnotherEvent = letters.hold(event(6, value + " of a topic made anew"));

        // Then
        assertThat(ofAnotherStage).isFalse();
        assertThat(ofAnotherEvent).isFalse();
    }

    private void write(Stage stage, ConsumerRecord<byte[], byte[]> event) {
        DeadLetter letter = DeadLetter.of(
                stage,
                new DeadLetter.Original(
                        event.key(),
                        event.value(),
                        event.headers(),
                        new DeadLetter.Place(event.topic(), event.partition(), event.offset())),
                new IllegalStateException("poison"));
        topics.send(new ProducerRecord<>(
                Topic.GUIDELINES.deadLetters(),
                null,
                letter.key(),
                letter.value(),
                new RecordHeaders(letter.headers())));
    }

    private static ConsumerRecord<byte[], byte[]> event(long offset, String value) {
        return new ConsumerRecord<>(
                Topic.GUIDELINES.name(), 0, offset, new byte[] {1}, value.getBytes(StandardCharsets.UTF_8));
    }
}
