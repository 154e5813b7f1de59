package io.alignstream.inference.card;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.JobContext;
import io.alignstream.stageruntime.kafka.KafkaReaders;
import io.alignstream.stageruntime.kafka.SnapshotReader;
import io.alignstream.training.card.CardReader;
import io.alignstream.training.card.DataFacts;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.common.KafkaException;

/**
 * Reads what frozen ranges of topics hold; thread-safe. A range never changes, so it is read once; one at a time, however many
 * ask.
 */
@ApplicationScoped
public class CountedData implements CardReader.DataSource {

    /** Records that are read of a range; {@code ./alignstream card} reads all. */
    static final int MOST_RECORDS = 200_000;

    private static final int REMEMBERED = 64;

    private final KafkaReaders readers;
    private final Map<DatasetSnapshot, DataFacts> counted = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<DatasetSnapshot, DataFacts> eldest) {
            return size() > REMEMBERED;
        }
    };

    CountedData(KafkaReaders readers) {
        this.readers = readers;
    }

    @Override
    public synchronized DataFacts read(DatasetSnapshot range) throws IOException {
        DataFacts known = counted.get(range);
        if (known == null) {
            known = count(topic(range), range);
            counted.put(range, known);
        }
        return known;
    }

    private static Topic<?> topic(DatasetSnapshot range) {
        return Topic.ALL.stream()
                .filter(topic -> topic.name().equals(range.topic()))
                .findFirst()
                .orElseThrow(() ->
                        new InvalidInputException(Reason.of("card.unknownTopic").with("topic", range.topic())));
    }

    private <T> DataFacts count(Topic<T> topic, DatasetSnapshot range) throws IOException {
        DataFacts.Collector collector = new DataFacts.Collector();
        long[] read = {0};
        try (Stream<JobContext.Entry<T>> entries = SnapshotReader.read(topic, range, readers.open())) {
            entries.limit(MOST_RECORDS).forEach(entry -> {
                read[0]++;
                T event = entry.event();
                if (event != null) {
                    collector.add(event, entry.origin().time());
                }
            });
        } catch (KafkaException | IllegalStateException e) {
            throw new IOException("cannot read " + range.topic(), e);
        }
        return collector.facts(read[0] < MOST_RECORDS);
    }
}
