package io.alignstream.stageruntime.view;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.jboss.logging.Logger;

/** Which partitions a reader reads and how far it has to read to be up to date; for the reader's thread. */
final class Assignment {

    private static final Logger LOG = Logger.getLogger(Assignment.class);
    private static final Duration DISCOVERY = Duration.ofSeconds(1);

    private final Consumer<byte[], byte[]> consumer;
    private final TopicView view;
    private final CommittedOffsets offsets;
    private final TopicIdentities identities;
    private final KeptTopics kept;
    private final ReaderMeters meters;
    private final Set<String> missing = new TreeSet<>();
    private final Map<TopicPartition, Long> targets = new HashMap<>();
    private final Timer discovery = new Timer(DISCOVERY);
    private boolean discovered;

    Assignment(
            Consumer<byte[], byte[]> consumer,
            TopicView view,
            CommittedOffsets offsets,
            TopicIdentities identities,
            KeptTopics kept,
            ReaderMeters meters) {
        this.consumer = consumer;
        this.view = view;
        this.offsets = offsets;
        this.identities = identities;
        this.kept = kept;
        this.meters = meters;
    }

    /** Topics that do not exist yet. */
    Set<String> missing() {
        return Set.copyOf(missing);
    }

    /** Whether everything is read that stood in the topics when {@link #catchUp} was last called. */
    boolean caughtUp() {
        if (!discovered || !missing.isEmpty()) {
            return false;
        }
        targets.entrySet().removeIf(target -> consumer.position(target.getKey()) >= target.getValue());
        return targets.isEmpty();
    }

    /** Makes {@link #caughtUp} wait for the present end of all topics and, beyond it, for what was published. */
    void catchUp(Map<TopicPartition, Long> published) {
        targets.putAll(consumer.endOffsets(consumer.assignment()));
        published.forEach((partition, end) -> targets.computeIfPresent(partition, (key, old) -> Math.max(old, end)));
    }

    /**
     * Looks every second for topics and partitions that are new and begins to read them; for known topics the client
     * answers from its cached metadata.
     */
    void discoverWhenDue() {
        if (!discovery.due()) {
            return;
        }
        List<TopicPartition> found = new ArrayList<>();
        for (FollowedTopic<?> topic : view.followed()) {
            String name = topic.topic().name();
            List<PartitionInfo> partitions = consumer.partitionsFor(name);
            if (partitions == null || partitions.isEmpty()) {
                if (missing.add(name)) {
                    LOG.warnf("Topic %s does not exist yet: create it, I look again every second", name);
                }
                continue;
            }
            missing.remove(name);
            partitions.forEach(partition -> found.add(new TopicPartition(name, partition.partition())));
        }
        found.removeAll(consumer.assignment());
        if (!found.isEmpty()) {
            checkIdentities();
            discovered |= assign(found);
        } else {
            discovered = true;
        }
    }

    /** Fails with {@link TopicMadeAnewException} if a topic is not the one that was read before. */
    void checkIdentities() {
        identities.check(view.followed().stream()
                .map(topic -> topic.topic().name())
                .filter(topic -> !missing.contains(topic))
                .toList());
    }

    /**
     * Goes on behind records that were deleted before they were read, and says so: what is gone is not waited for, and
     * what was read before is not read again.
     *
     * @param positions offsets that do not exist
     * @throws TopicMadeAnewException if they are not before those that do
     */
    void goOnBehindDeleted(Map<TopicPartition, Long> positions) {
        Map<TopicPartition, Long> begins = consumer.beginningOffsets(positions.keySet());
        positions.forEach((partition, position) -> {
            long begin = begins.getOrDefault(partition, 0L);
            if (begin <= position) {
                throw new TopicMadeAnewException(partition.topic());
            }
            LOG.errorf(
                    "The records %d to %d of %s were deleted before they were read: they are lost to this service, which"
                            + " goes on with %d. Let the topic keep its records for longer",
                    position, begin - 1, partition, begin);
            meters.lost(partition.topic(), begin - position);
            consumer.seek(partition, begin);
            view.followed(partition.topic()).reopen(partition.partition(), begin);
        });
    }

    /** Whether it was possible: of topics that are missing something may be kept. */
    private boolean assign(List<TopicPartition> found) {
        Map<TopicPartition, Long> begins = consumer.beginningOffsets(found);
        Map<TopicPartition, Long> ends = consumer.endOffsets(found);
        offsets.fetch(found);
        if (!kept.restore(begins, ends)) {
            return false;
        }
        List<TopicPartition> all = new ArrayList<>(consumer.assignment());
        all.addAll(found);
        consumer.assign(all);
        for (TopicPartition partition : found) {
            long begin = begins.getOrDefault(partition, 0L);
            long end = ends.getOrDefault(partition, begin);
            FollowedTopic<?> topic = view.followed(partition.topic());
            Long known = kept.position(partition);
            long first = known == null ? topic.first(begin, end) : known;
            if (known == null) {
                topic.open(partition.partition(), first);
                topic.passOver(first - begin);
            }
            consumer.seek(partition, first);
            targets.put(partition, end);
            LOG.infof("Following %s from %d on, which begins at %d and ends at %d", partition, first, begin, end);
        }
        return true;
    }
}
