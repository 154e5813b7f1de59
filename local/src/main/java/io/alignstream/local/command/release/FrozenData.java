package io.alignstream.local.command.release;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.local.pipeline.TopicLog;
import io.alignstream.local.site.KafkaConnection;
import io.alignstream.training.card.CardReader;
import io.alignstream.training.card.DataFacts;
import java.io.IOException;
import java.time.Instant;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;

/** Reads what frozen ranges of topics hold, to their ends; for one thread. */
public final class FrozenData implements CardReader.DataSource {

    private final KafkaConnection connection;
    private final Consumer<String> progress;

    /**
     * Of the topics of a site.
     *
     * @param progress is told what is read, a line each
     */
    public FrozenData(KafkaConnection connection, Consumer<String> progress) {
        this.connection = connection;
        this.progress = progress;
    }

    @Override
    public DataFacts read(DatasetSnapshot range) throws IOException {
        progress.accept("reading up to %,d records of %s".formatted(range.offsets(), range.topic()));
        return read(topic(range), range);
    }

    private static Topic<?> topic(DatasetSnapshot range) {
        return Topic.ALL.stream()
                .filter(topic -> topic.name().equals(range.topic()))
                .findFirst()
                .orElseThrow(() ->
                        new InvalidInputException(Reason.of("card.unknownTopic").with("topic", range.topic())));
    }

    private <T> DataFacts read(Topic<T> topic, DatasetSnapshot range) throws IOException {
        DataFacts.Collector collector = new DataFacts.Collector();
        for (PartitionRange part : range.partitions()) {
            if (part.end() > part.begin()) {
                try {
                    TopicLog.range(connection, topic.name(), part, record -> take(topic, record, collector));
                } catch (KafkaException e) {
                    throw new IOException("cannot read " + topic.name(), e);
                }
            }
        }
        return collector.facts(true);
    }

    private static <T> void take(Topic<T> topic, ConsumerRecord<byte[], byte[]> record, DataFacts.Collector collector) {
        if (record.value() == null) {
            return;
        }
        try {
            collector.add(topic.decode(record), Instant.ofEpochMilli(record.timestamp()));
        } catch (PoisonEventException e) {
            // The services have set it aside, and learned nothing from it.
        }
    }
}
