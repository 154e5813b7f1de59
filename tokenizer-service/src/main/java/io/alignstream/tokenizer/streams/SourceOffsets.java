package io.alignstream.tokenizer.streams;

import io.alignstream.contracts.rights.BrokerRefusedException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where an application goes on reading its sources, decided before it starts: nothing is reset while it runs, so nothing
 * is silently read again or passed over.
 *
 * <p>Without an offset, at the beginning: the application is new, or the broker has forgotten its offsets, and then {@link
 * ReadPositions} pass over what was read. Behind records that were deleted before they were read, at the first that is
 * there, and the log says what is lost.
 */
final class SourceOffsets {

    private static final Logger LOG = LoggerFactory.getLogger(SourceOffsets.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final int TIMEOUT_SECONDS = 10;

    private final Admin admin;
    private final Map<String, Object> kafka;
    private final String applicationId;

    /** Asks through {@code admin}, which has the settings {@code kafka}. */
    SourceOffsets(Admin admin, Map<String, Object> kafka, String applicationId) {
        this.admin = admin;
        this.kafka = kafka;
        this.applicationId = applicationId;
    }

    /**
     * Makes every partition of {@code sources} have an offset to go on from; waits for a broker that does not answer.
     *
     * @return the brokers' id of each source
     * @throws IllegalStateException if a source ends before what was read of it
     * @throws BrokerRefusedException if the brokers refuse to tell or to keep offsets
     */
    Map<String, String> align(Set<String> sources) throws InterruptedException {
        while (true) {
            try {
                Map<String, TopicDescription> descriptions =
                        admin.describeTopics(sources).allTopicNames().get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
                align(descriptions);
                return descriptions.values().stream()
                        .collect(Collectors.toMap(
                                TopicDescription::name,
                                description -> description.topicId().toString()));
            } catch (ExecutionException | TimeoutException e) {
                BrokerRefusedException.in(e, kafka).ifPresent(refusal -> {
                    throw refusal;
                });
                // An instance that died is a member of the group for some seconds more.
                LOG.warn("cannot look after the offsets yet: application={} cause={}", applicationId, e.toString());
                Thread.sleep(PAUSE);
            }
        }
    }

    private void align(Map<String, TopicDescription> descriptions)
            throws InterruptedException, ExecutionException, TimeoutException {
        List<TopicPartition> partitions = descriptions.values().stream()
                .flatMap(topic -> topic.partitions().stream()
                        .map(partition -> new TopicPartition(topic.name(), partition.partition())))
                .toList();
        Map<TopicPartition, Long> begins = offsets(partitions, OffsetSpec.earliest());
        Map<TopicPartition, Long> ends = offsets(partitions, OffsetSpec.latest());
        Map<TopicPartition, OffsetAndMetadata> committed = admin.listConsumerGroupOffsets(applicationId)
                .partitionsToOffsetAndMetadata()
                .get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        Map<TopicPartition, OffsetAndMetadata> changed = new HashMap<>();
        for (TopicPartition partition : partitions) {
            OffsetAndMetadata at = committed.get(partition);
            long begin = begins.getOrDefault(partition, 0L);
            long end = ends.getOrDefault(partition, 0L);
            if (at != null && at.offset() > end) {
                throw new IllegalStateException(partition + " ends at offset " + end + " but " + applicationId
                        + " has read it up to " + at.offset() + ": its end is lost. Restore the topic, or delete the"
                        + " consumer group to go on with what there is");
            }
            if (at == null || at.offset() < begin) {
                sayWhatIsLost(partition, at, begin);
                changed.put(partition, new OffsetAndMetadata(begin));
            }
        }
        if (!changed.isEmpty()) {
            admin.alterConsumerGroupOffsets(applicationId, changed).all().get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        }
    }

    private void sayWhatIsLost(TopicPartition partition, @Nullable OffsetAndMetadata at, long begin) {
        if (at == null) {
            LOG.info("reads {} from offset {}: application={}", partition, begin, applicationId);
        } else {
            LOG.error(
                    "the records {} to {} of {} were deleted before they were read: they are lost, application {} goes on"
                            + " with {}. Let the topic keep its records for longer",
                    at.offset(),
                    begin - 1,
                    partition,
                    applicationId,
                    begin);
        }
    }

    private Map<TopicPartition, Long> offsets(List<TopicPartition> partitions, OffsetSpec spec)
            throws InterruptedException, ExecutionException, TimeoutException {
        return admin
                .listOffsets(partitions.stream().collect(Collectors.toMap(partition -> partition, partition -> spec)))
                .all()
                .get(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                .entrySet()
                .stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> entry.getValue().offset()));
    }
}
