package io.alignstream.stageruntime.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.stageruntime.testing.KafkaBroker;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TopicEndsTest {

    private static final KafkaBroker BROKER = new KafkaBroker();
    private static Map<String, Object> connection = Map.of();

    @BeforeAll
    static void startBroker() {
        BROKER.init(Map.of("fresh", "true"));
        connection = Map.of("bootstrap.servers", BROKER.start().getOrDefault("kafka.bootstrap.servers", ""));
    }

    @AfterAll
    static void stopBroker() {
        BROKER.stop();
    }

    @Test
    void topicsOfOneLengthAreToldApartByWhatStandsAtTheirEnds() throws Exception {
        // Given: each ends with the mark of a transaction
        DatasetSnapshot same = topic("same", "a", "b", "c");
        DatasetSnapshot again = topic("again", "a", "x", "c");
        DatasetSnapshot otherBegin = topic("other-begin", "x", "b", "c");
        DatasetSnapshot otherEnd = topic("other-end", "a", "b", "x");

        // When
        try (TopicEnds ends = new TopicEnds(new KafkaReaders(connection).open())) {
            String hash = ends.of(same);

            // Then
            assertThat(ends.of(same)).isEqualTo(hash);
            assertThat(ends.of(again)).isEqualTo(hash);
            assertThat(List.of(hash, ends.of(otherBegin), ends.of(otherEnd), ends.of(nothing("same"))))
                    .doesNotHaveDuplicates();
        }
    }

    private static DatasetSnapshot nothing(String name) {
        return new DatasetSnapshot(name, List.of(new PartitionRange(0, 0, 0)));
    }

    private static DatasetSnapshot topic(String name, String... values) throws Exception {
        try (Admin admin = Admin.create(connection);
                KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                        Map.of("bootstrap.servers", connection.get("bootstrap.servers"), "transactional.id", name),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            admin.createTopics(List.of(new NewTopic(name, 1, (short) 1))).all().get();
            producer.initTransactions();
            producer.beginTransaction();
            for (String value : values) {
                producer.send(new ProducerRecord<>(name, value.getBytes(StandardCharsets.UTF_8)));
            }
            producer.commitTransaction();
        }
        return new DatasetSnapshot(name, List.of(new PartitionRange(0, 0, values.length + 1)));
    }
}
