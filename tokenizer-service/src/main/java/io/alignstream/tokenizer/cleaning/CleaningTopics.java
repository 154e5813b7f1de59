package io.alignstream.tokenizer.cleaning;

import io.alignstream.contracts.Topic;
import io.alignstream.contracts.rights.BrokerRefusedException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The topics of the cleaning topology, looked at and prepared before it starts. */
public final class CleaningTopics {

    private static final Logger LOG = LoggerFactory.getLogger(CleaningTopics.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final int TIMEOUT_SECONDS = 10;
    /** A verdict is read at once; only a service that stands still for longer would miss one. */
    private static final Duration VERDICTS_KEPT = Duration.ofDays(90);

    private CleaningTopics() {}

    /**
     * Waits until {@code documents} exists and creates the topic of the verdicts, if there are several partitions.
     *
     * @return partitions of {@code documents}
     * @throws IllegalStateException if the two topics have different numbers of partitions
     * @throws BrokerRefusedException if the brokers refuse to show or to create them
     */
    public static int prepare(Map<String, Object> kafka) throws InterruptedException {
        try (Admin admin = Admin.create(kafka)) {
            while (true) {
                try {
                    Optional<Integer> documents = partitions(admin, Topic.DOCUMENTS.name());
                    if (documents.isPresent()) {
                        return createVerdicts(admin, documents.get());
                    }
                    LOG.info("waiting for topic {}", Topic.DOCUMENTS.name());
                } catch (ExecutionException | TimeoutException e) {
                    throwIfRefused(e, kafka);
                    LOG.warn("cannot look at the topics yet: {}", e.toString());
                }
                Thread.sleep(PAUSE);
            }
        }
    }

    /**
     * Asks the broker each time. The markers of a transactional publisher take offsets behind the last record; that the
     * topology has passed those too shows in what it has committed.
     */
    public static CleaningPlan.PartitionEnds ends(Map<String, Object> kafka) {
        Admin admin = Admin.create(new HashMap<>(kafka));
        return (partition, nextOffset) -> {
            TopicPartition key = new TopicPartition(Topic.DOCUMENTS.name(), partition);
            try {
                long end = admin.listOffsets(Map.of(key, OffsetSpec.latest()))
                        .partitionResult(key)
                        .get(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                        .offset();
                return nextOffset >= end || committed(admin, key) >= end;
            } catch (ExecutionException | TimeoutException e) {
                throwIfRefused(e, kafka);
                LOG.warn("cannot tell the end of {}: {}", key, e.toString());
                return false;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        };
    }

    private static void throwIfRefused(Exception failure, Map<String, Object> kafka) {
        BrokerRefusedException.in(failure, kafka).ifPresent(refusal -> {
            throw refusal;
        });
    }

    /** The offset that the topology has committed, 0 if none. */
    private static long committed(Admin admin, TopicPartition partition)
            throws InterruptedException, ExecutionException, TimeoutException {
        OffsetAndMetadata committed = admin.listConsumerGroupOffsets(CleaningTopology.APPLICATION_ID)
                .partitionsToOffsetAndMetadata()
                .get(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                .get(partition);
        return committed == null ? 0 : committed.offset();
    }

    private static int createVerdicts(Admin admin, int partitions)
            throws InterruptedException, ExecutionException, TimeoutException {
        if (partitions == 1) {
            return partitions; // documents leave without a word from other partitions
        }
        NewTopic topic = new NewTopic(CleaningTopology.VERDICTS, Optional.of(partitions), Optional.empty())
                .configs(Map.of(
                        "retention.ms",
                        Long.toString(VERDICTS_KEPT.toMillis()),
                        // A verdict has the time stamp of its document, which may be older than verdicts are kept.
                        "message.timestamp.type",
                        "LogAppendTime"));
        try {
            admin.createTopics(List.of(topic)).all().get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw e;
            }
        }
        int there = partitions(admin, CleaningTopology.VERDICTS).orElse(partitions);
        if (there != partitions) {
            throw new IllegalStateException("topic " + Topic.DOCUMENTS.name() + " has " + partitions
                    + " partitions but " + CleaningTopology.VERDICTS + " has " + there
                    + "; a topic that is being cleaned cannot get more partitions");
        }
        return partitions;
    }

    private static Optional<Integer> partitions(Admin admin, String topic)
            throws InterruptedException, ExecutionException, TimeoutException {
        try {
            TopicDescription description = admin.describeTopics(List.of(topic))
                    .allTopicNames()
                    .get(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                    .get(topic);
            return Optional.ofNullable(description)
                    .map(found -> found.partitions().size());
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
