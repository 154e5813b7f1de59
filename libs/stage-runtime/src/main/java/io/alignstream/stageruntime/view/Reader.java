package io.alignstream.stageruntime.view;

import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.jboss.logging.Logger;

/**
 * Reads the followed topics from their beginning into the view; for one thread.
 *
 * <p>Partitions are assigned, never balanced. The offset committed for the group says up to where poison events have
 * reached their dead letters: a record before it is not dead-lettered again when a restart reads it again.
 */
public final class Reader implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(Reader.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration DISCOVERY = Duration.ofSeconds(1);
    private static final Duration CONTACT = Duration.ofSeconds(5);
    private static final Duration COMMIT = Duration.ofSeconds(5);
    /** Brokers forget the offsets of a group that is silent for days. */
    private static final Duration COMMIT_AGAIN = Duration.ofHours(6);
    /**
     * How long an event may come before the one that it refers to: two producers do not know of each other. Short enough
     * for a dead letter within seconds.
     */
    static final Duration PATIENCE = Duration.ofSeconds(2);

    private static final long MAX_DEFERRED_BYTES = 64L << 20;

    private final Consumer<byte[], byte[]> consumer;
    private final TopicView view;
    private final DeadLetterDuty duty;
    private final ReaderMeters meters;
    private final Duration patience;
    private final DeferredEvents deferred = new DeferredEvents();
    private final Set<String> missing = new TreeSet<>();
    private final Map<TopicPartition, Long> targets = new HashMap<>();
    private final Map<TopicPartition, Long> committed = new HashMap<>();
    private final Map<TopicPartition, Long> dutyDoneBefore = new HashMap<>();
    private final Timer discovery = new Timer(DISCOVERY);
    private final Timer contact = new Timer(CONTACT);
    private final Timer commit = new Timer(COMMIT);
    private final Timer commitAgain = new Timer(COMMIT_AGAIN);
    private boolean discovered;
    private boolean deadLettered;

    public Reader(Consumer<byte[], byte[]> consumer, TopicView view, DeadLetterDuty duty, ReaderMeters meters) {
        this(consumer, view, duty, meters, PATIENCE);
    }

    /** A reader whose events wait {@code patience} for those that they refer to. */
    public Reader(
            Consumer<byte[], byte[]> consumer,
            TopicView view,
            DeadLetterDuty duty,
            ReaderMeters meters,
            Duration patience) {
        this.consumer = consumer;
        this.view = view;
        this.duty = duty;
        this.meters = meters;
        this.patience = patience;
        commitAgain.due();
    }

    /** Takes care of poison events. */
    public interface DeadLetterDuty {

        /**
         * Returns when the dead letter of {@code record} is published; gives up only by throwing, which ends the
         * reader.
         *
         * @param again whether it was published before, by an earlier process
         */
        void fulfil(ConsumerRecord<byte[], byte[]> record, Throwable cause, boolean again);
    }

    /**
     * Polls once and takes the records into the view.
     *
     * @return whether there were any
     * @throws KafkaException if the broker does not answer; nothing is lost, call again
     */
    public boolean turn() {
        if (discovery.due()) {
            discover();
        }
        if (contact.due()) {
            consumer.endOffsets(consumer.assignment().stream().limit(1).toList());
            meters.contact();
        }
        ConsumerRecords<byte[], byte[]> records =
                consumer.assignment().isEmpty() ? ConsumerRecords.empty() : consumer.poll(POLL);
        for (FollowedTopic<?> topic : view.followed()) {
            records.records(topic.topic().name()).forEach(record -> take(topic, record));
        }
        Set<String> news =
                records.partitions().stream().map(TopicPartition::topic).collect(Collectors.toSet());
        boolean settled = deferred.offer(consumer, news, this::settle);
        limitDeferred();
        commitWhenDue();
        meters.lag(consumer);
        return settled || !records.isEmpty();
    }

    /** What waits lies in memory, so too much of it stops the topics that it comes from. */
    private void limitDeferred() {
        if (deferred.bytes() > MAX_DEFERRED_BYTES) {
            consumer.pause(consumer.assignment().stream()
                    .filter(partition -> view.followed(partition.topic()).earlier() != null)
                    .toList());
        } else if (!consumer.paused().isEmpty()) {
            consumer.resume(consumer.paused());
        }
    }

    /** Whether everything is read that stood in the topics when {@link #catchUp} was last called. */
    public boolean caughtUp() {
        if (!discovered || !missing.isEmpty()) {
            return false;
        }
        targets.entrySet().removeIf(target -> consumer.position(target.getKey()) >= target.getValue());
        return targets.isEmpty() && !deferred.waitForUnread(consumer);
    }

    /** Memory taken by events that wait for what they refer to. */
    long deferredBytes() {
        return deferred.bytes();
    }

    /** Topics that do not exist yet. */
    public Set<String> missing() {
        return Set.copyOf(missing);
    }

    /** Makes {@link #caughtUp} wait for the present end of all topics and, beyond it, for what was published. */
    public void catchUp(Map<TopicPartition, Long> published) {
        targets.putAll(consumer.endOffsets(consumer.assignment()));
        published.forEach((partition, end) -> targets.computeIfPresent(partition, (key, old) -> Math.max(old, end)));
    }

    /** Finds topics and partitions that are new; for known topics the client answers from its cached metadata. */
    private void discover() {
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
            assign(found);
        }
        discovered = true;
    }

    private void assign(List<TopicPartition> found) {
        Map<TopicPartition, Long> begins = consumer.beginningOffsets(found);
        Map<TopicPartition, Long> ends = consumer.endOffsets(found);
        Map<TopicPartition, OffsetAndMetadata> offsets = consumer.committed(Set.copyOf(found));
        List<TopicPartition> all = new ArrayList<>(consumer.assignment());
        all.addAll(found);
        consumer.assign(all);
        for (TopicPartition partition : found) {
            long begin = begins.getOrDefault(partition, 0L);
            consumer.seek(partition, begin);
            view.followed(partition.topic()).open(partition.partition(), begin);
            targets.put(partition, ends.getOrDefault(partition, begin));
            OffsetAndMetadata offset = offsets.get(partition);
            dutyDoneBefore.put(partition, offset == null ? 0 : offset.offset());
        }
        LOG.infof("Following %s from the beginning", found);
    }

    private void take(FollowedTopic<?> topic, ConsumerRecord<byte[], byte[]> record) {
        Topic<?> earlier = topic.earlier();
        if (earlier == null) {
            accept(topic, record, true);
        } else if (deferred.holdsKeyOf(record)) {
            deferred.add(topic, record, earlier, false, patience(record));
        } else if (!accept(topic, record, false)) {
            deferred.add(topic, record, earlier, true, patience(record));
        }
    }

    /** An event that has its dead letter already is over as soon as the topics are read. */
    private Duration patience(ConsumerRecord<byte[], byte[]> record) {
        return deadLetteredBefore(record) ? Duration.ZERO : patience;
    }

    private boolean settle(DeferredEvents.Event event, boolean last) {
        return accept(event.topic(), event.record(), last);
    }

    /**
     * Takes a record in or, if it is poison, to the dead letters.
     *
     * @param last whether a record that is refused is poison; if not, it may be offered again
     * @return whether it is settled
     */
    private boolean accept(FollowedTopic<?> topic, ConsumerRecord<byte[], byte[]> record, boolean last) {
        try {
            topic.accept(record);
            meters.event(record.topic());
        } catch (PoisonEventException e) {
            if (!last) {
                return false;
            }
            deadLetter(record, e);
        } catch (RuntimeException e) {
            deadLetter(record, e);
        }
        return true;
    }

    private boolean deadLetteredBefore(ConsumerRecord<byte[], byte[]> record) {
        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        return record.offset() < dutyDoneBefore.getOrDefault(partition, 0L);
    }

    private void deadLetter(ConsumerRecord<byte[], byte[]> record, Throwable cause) {
        boolean again = deadLetteredBefore(record);
        duty.fulfil(record, cause, again);
        deadLettered |= !again;
    }

    private void commitWhenDue() {
        if (!deadLettered && !commit.due()) {
            return;
        }
        if (commitAgain.due()) {
            committed.clear();
        }
        Map<TopicPartition, OffsetAndMetadata> changed = new HashMap<>();
        for (TopicPartition partition : consumer.assignment()) {
            long done = Math.min(consumer.position(partition), deferred.firstOffset(partition));
            // While a restart reads again, its position is behind what earlier processes have done.
            done = Math.max(done, dutyDoneBefore.getOrDefault(partition, 0L));
            if (done > 0 && !Long.valueOf(done).equals(committed.get(partition))) {
                changed.put(partition, new OffsetAndMetadata(done));
            }
        }
        if (!changed.isEmpty()) {
            consumer.commitSync(changed);
            changed.forEach((partition, offset) -> committed.put(partition, offset.offset()));
        }
        deadLettered = false;
    }

    /** Commits what is done and leaves. */
    @Override
    public void close() {
        try {
            deadLettered = true;
            commitWhenDue();
        } catch (KafkaException e) {
            LOG.warnf("Offsets not committed on leaving, poison events may be dead-lettered twice: %s", e.getMessage());
        }
        consumer.close();
    }

    /** Says every now and then that it is time. */
    private static final class Timer {

        private final long nanos;
        private long last;

        Timer(Duration period) {
            this.nanos = period.toNanos();
            this.last = System.nanoTime() - nanos;
        }

        boolean due() {
            long now = System.nanoTime();
            if (now - last < nanos) {
                return false;
            }
            last = now;
            return true;
        }
    }
}
