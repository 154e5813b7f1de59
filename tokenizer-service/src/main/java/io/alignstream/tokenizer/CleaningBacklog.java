package io.alignstream.tokenizer;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.Topic;
import io.smallrye.common.annotation.Identifier;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;

/** How far the cleaning topology is behind its input; thread-safe. */
@ApplicationScoped
class CleaningBacklog {

    private final Admin admin;
    private final ConsumerLag lag;

    CleaningBacklog(@Identifier("default-kafka-broker") Map<String, Object> connection) {
        admin = Admin.create(new HashMap<>(connection));
        lag = new ConsumerLag(admin);
    }

    /** The raw documents there are. */
    DatasetSnapshot documents() throws InterruptedException {
        return snapshot(Topic.DOCUMENTS);
    }

    /** The clean documents there are; may end with offsets that hold no record. */
    DatasetSnapshot cleanDocuments() throws InterruptedException {
        return snapshot(Topic.CLEAN_DOCUMENTS);
    }

    /** How much of {@code documents} has passed both halves of the topology. */
    ConsumerLag.Progress towards(DatasetSnapshot documents) throws InterruptedException {
        Map<TopicPartition, Long> ends = new HashMap<>();
        documents
                .partitions()
                .forEach(range -> ends.put(new TopicPartition(documents.topic(), range.partition()), range.end()));
        ConsumerLag.Progress first = lag.of(CleaningTopology.APPLICATION_ID, ends);
        if (!first.done()) {
            return first;
        }
        // Input offsets and the records between the halves are committed together: now they are all there.
        ConsumerLag.Progress second = lag.of(CleaningTopology.APPLICATION_ID, CleaningTopology.BY_HASH_TOPIC);
        return second.done() ? first : new ConsumerLag.Progress(Math.max(0, first.total() - 1), first.total());
    }

    private DatasetSnapshot snapshot(Topic<?> topic) throws InterruptedException {
        Map<TopicPartition, Long> begins = lag.begins(topic.name());
        List<PartitionRange> ranges = lag.ends(topic.name()).entrySet().stream()
                .map(end -> new PartitionRange(
                        end.getKey().partition(), begins.getOrDefault(end.getKey(), 0L), end.getValue()))
                .sorted(Comparator.comparingInt(PartitionRange::partition))
                .toList();
        return new DatasetSnapshot(topic.name(), ranges);
    }

    @PreDestroy
    void close() {
        admin.close();
    }
}
