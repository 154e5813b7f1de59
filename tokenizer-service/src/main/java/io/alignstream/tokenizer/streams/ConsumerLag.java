package io.alignstream.tokenizer.streams;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/** How far a consumer group has read; thread-safe. */
public final class ConsumerLag {

    private static final int TIMEOUT_SECONDS = 10;
    private final Admin admin;

    /** Asks through {@code admin}, which stays the caller's. */
    public ConsumerLag(Admin admin) {
        this.admin = admin;
    }

    /**
     * Progress towards a target, in offsets summed over partitions.
     *
     * @param done offsets read, at most {@code total}
     */
    public record Progress(long read, long total) {
        /** Whether everything is read. */
        public boolean done() {
            return read >= total;
        }
    }

    /** Progress of {@code group} towards the present end of {@code topic}. */
    public Progress of(String group, String topic) throws InterruptedException {
        return of(group, ends(topic));
    }

    /** Progress of {@code group} towards {@code ends}. */
    public Progress of(String group, Map<TopicPartition, Long> ends) throws InterruptedException {
        Map<TopicPartition, OffsetAndMetadata> committed;
        try {
            committed = admin.listConsumerGroupOffsets(group)
                    .partitionsToOffsetAndMetadata()
                    .get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("cannot read the offsets of consumer group " + group, e);
        }
        long read = 0;
        long total = 0;
        for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) {
            OffsetAndMetadata at = committed.get(end.getKey());
            read += at == null ? 0 : Math.min(at.offset(), end.getValue());
            total += end.getValue();
        }
        return new Progress(read, total);
    }

    /** The offset after the last committed record of each partition of {@code topic}, in partition order. */
    public Map<TopicPartition, Long> ends(String topic) throws InterruptedException {
        return offsets(topic, OffsetSpec.latest());
    }

    /** The first offset of each partition of {@code topic}. */
    public Map<TopicPartition, Long> begins(String topic) throws InterruptedException {
        return offsets(topic, OffsetSpec.earliest());
    }

    private Map<TopicPartition, Long> offsets(String topic, OffsetSpec spec) throws InterruptedException {
        try {
            TopicDescription description = Objects.requireNonNull(admin.describeTopics(List.of(topic))
                    .allTopicNames()
                    .get(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                    .get(topic));
            Map<TopicPartition, OffsetSpec> partitions = description.partitions().stream()
                    .collect(Collectors.toMap(
                            partition -> new TopicPartition(topic, partition.partition()), partition -> spec));
            return admin
                    .listOffsets(partitions, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
                    .all()
                    .get(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                    .entrySet()
                    .stream()
                    .collect(Collectors.toMap(
                            Map.Entry::getKey, entry -> entry.getValue().offset()));
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("cannot read the offsets of topic " + topic, e);
        }
    }
}
