package io.alignstream.tokenizer.cleaning;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.Topic;
import io.alignstream.stageruntime.kafka.KafkaReaders;
import io.alignstream.stageruntime.kafka.TopicEnds;
import io.alignstream.tokenizer.streams.ConsumerLag;
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
public class CleaningBacklog {

    private final Admin admin;
    private final ConsumerLag lag;
    private final TopicEnds ends;
    private volatile long doneSince;

    CleaningBacklog(@Identifier("default-kafka-broker") Map<String, Object> connection, KafkaReaders readers) {
        admin = Admin.create(new HashMap<>(connection));
        lag = new ConsumerLag(admin);
        ends = new TopicEnds(readers.open());
    }

    /** The raw documents there are. */
    public DatasetSnapshot documents() throws InterruptedException {
        return snapshot(Topic.DOCUMENTS);
    }

    /** Hash of the first and the last of {@code documents} in each partition. */
    public String ends(DatasetSnapshot documents) {
        return ends.of(documents);
    }

    /** The clean documents there are; may end with offsets that hold no record. */
    public DatasetSnapshot cleanDocuments() throws InterruptedException {
        return snapshot(Topic.CLEAN_DOCUMENTS);
    }

    /** How much of {@code documents} has passed all steps of the topology. */
    public ConsumerLag.Progress towards(DatasetSnapshot documents) throws InterruptedException {
        Map<TopicPartition, Long> ends = new HashMap<>();
        documents
                .partitions()
                .forEach(range -> ends.put(new TopicPartition(documents.topic(), range.partition()), range.end()));
        ConsumerLag.Progress first = lag.of(CleaningTopology.APPLICATION_ID, ends);
        if (!first.done()) {
            doneSince = 0;
            return first;
        }
        if (ends.size() == 1) {
            return first; // there is one step only
        }
        // Input offsets and the records for the next step are committed together: now they are all there.
        boolean rest = lag.of(CleaningTopology.APPLICATION_ID, CleaningTopology.BY_BAND_TOPIC)
                        .done()
                && lag.of(CleaningTopology.APPLICATION_ID, CleaningTopology.VERDICTS)
                        .done()
                && settled();
        return rest ? first : new ConsumerLag.Progress(Math.max(0, first.total() - 1), first.total());
    }

    /** Candidates wait, read and committed, until the other partitions' clocks have passed. */
    private boolean settled() {
        long now = System.nanoTime();
        doneSince = doneSince == 0 ? now : doneSince;
        return now - doneSince
                > CleaningPlan.QUIET.plus(CleaningPlan.GRACE.multipliedBy(2)).toNanos();
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
        ends.close();
    }
}
