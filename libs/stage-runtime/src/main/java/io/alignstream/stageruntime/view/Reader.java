package io.alignstream.stageruntime.view;

import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.kept.KeptState;
import io.alignstream.stageruntime.kept.KeptStateException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jboss.logging.Logger;

/**
 * Reads the followed topics into the view, those that are kept from where an earlier process was, the others from their
 * beginning; for one thread.
 *
 * <p>Partitions are assigned, never balanced ({@link Assignment}). No record is taken in twice: where records were deleted
 * before they were read, reading goes on behind them, and a topic that was made anew ends the reader. The offset committed for the group says up to where poison events have
 * reached their dead letters: a record before it is not dead-lettered again when a restart reads it again.
 */
public final class Reader implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(Reader.class);
    static final Duration POLL = Duration.ofMillis(200);
    private static final Duration CONTACT = Duration.ofSeconds(5);
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
    private final CommittedOffsets offsets;
    private final KeptTopics kept;
    private final Assignment assignment;
    private final Timer contact = new Timer(CONTACT);
    /** Partitions whose next record is an event of a later version. */
    private final SequencedMap<TopicPartition, Reason> newer = new LinkedHashMap<>();

    /** Whether records were polled that are not taken in, refused or waiting so far. */
    private boolean inTheMiddle;

    /** A reader that asks for what topics are through {@code admin}, which stays the caller's, as does {@code state}. */
    public Reader(
            Consumer<byte[], byte[]> consumer,
            Admin admin,
            TopicView view,
            KeptState state,
            DeadLetterDuty duty,
            ReaderMeters meters) {
        this(consumer, admin, view, state, duty, meters, PATIENCE);
    }

    /** A reader whose events wait {@code patience} for those that they refer to. */
    public Reader(
            Consumer<byte[], byte[]> consumer,
            Admin admin,
            TopicView view,
            KeptState state,
            DeadLetterDuty duty,
            ReaderMeters meters,
            Duration patience) {
        this.consumer = consumer;
        this.view = view;
        this.duty = duty;
        this.meters = meters;
        this.patience = patience;
        this.offsets = new CommittedOffsets(consumer, deferred);
        TopicIdentities identities = new TopicIdentities(admin);
        this.kept = new KeptTopics(state, view, deferred, identities);
        this.assignment = new Assignment(consumer, view, offsets, identities, kept, meters);
        view.followed().forEach(topic -> meters.follow(topic.topic().name()));
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
     * Polls once, for a fifth of a second where there is nothing, and takes the records into the view.
     *
     * @return whether there were any
     * @throws KafkaException if the broker does not answer; nothing is lost, call again
     * @throws TopicMadeAnewException if what was read stands nowhere any more; only a new reader can go on
     */
    public boolean turn() {
        assignment.discoverWhenDue();
        kept.takeWaiting().forEach(record -> {
            FollowedTopic<?> topic = view.followed(record.topic());
            defer(topic, record, false);
        });
        if (contact.due()) {
            assignment.checkIdentities();
            meters.contact();
        }
        ConsumerRecords<byte[], byte[]> records = poll();
        inTheMiddle = true;
        for (FollowedTopic<?> topic : view.followed()) {
            records.records(topic.topic().name()).forEach(record -> takeUnlessNewer(topic, record));
        }
        inTheMiddle = false;
        if (!records.isEmpty()) {
            kept.changed();
        }
        Set<String> news =
                records.partitions().stream().map(TopicPartition::topic).collect(Collectors.toSet());
        boolean settled = deferred.offer(consumer, news, this::settle);
        limitDeferred();
        offsets.commitWhenDue();
        kept.commitWhenDue(consumer);
        meters.lag(consumer);
        return settled || !records.isEmpty();
    }

    private ConsumerRecords<byte[], byte[]> poll() {
        if (consumer.assignment().isEmpty()) {
            LockSupport.parkNanos(POLL.toNanos()); // no topic is there yet, and the client waits for none
            return ConsumerRecords.empty();
        }
        try {
            return consumer.poll(POLL);
        } catch (OffsetOutOfRangeException e) {
            assignment.goOnBehindDeleted(e.offsetOutOfRangePartitions());
            return ConsumerRecords.empty();
        }
    }

    /** What waits lies in memory, so too much of it stops the topics that it comes from. */
    private void limitDeferred() {
        if (deferred.bytes() > MAX_DEFERRED_BYTES) {
            consumer.pause(consumer.assignment().stream()
                    .filter(partition -> view.followed(partition.topic()).earlier() != null)
                    .toList());
        } else if (!consumer.paused().isEmpty()) {
            consumer.resume(consumer.paused().stream()
                    .filter(partition -> !newer.containsKey(partition))
                    .toList());
        }
    }

    /** Whether everything is read that stood in the topics when {@link #catchUp} was last called. */
    public boolean caughtUp() {
        return assignment.caughtUp() && !deferred.waitForUnread(consumer);
    }

    /** Memory taken by events that wait for what they refer to. */
    long deferredBytes() {
        return deferred.bytes();
    }

    /** Topics that do not exist yet. */
    public Set<String> missing() {
        return assignment.missing();
    }

    /** Makes {@link #caughtUp} wait for the present end of all topics and, beyond it, for what was published. */
    public void catchUp(Map<TopicPartition, Long> published) {
        assignment.catchUp(published);
    }

    /** What a later release has written stays where it is, and what stands behind it in its partition: until that release reads it. */
    private void takeUnlessNewer(FollowedTopic<?> topic, ConsumerRecord<byte[], byte[]> record) {
        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        if (newer.containsKey(partition)) {
            return;
        }
        Optional<Reason> why = topic.topic().newer(record);
        if (why.isEmpty()) {
            take(topic, record);
            return;
        }
        LOG.error(Messages.english(why.get()));
        newer.put(partition, why.get());
        consumer.seek(partition, record.offset());
        consumer.pause(List.of(partition));
    }

    /** Why a partition is read no further before the service is upgraded; empty if all are. */
    public Optional<Reason> newer() {
        return newer.values().stream().findFirst();
    }

    private void take(FollowedTopic<?> topic, ConsumerRecord<byte[], byte[]> record) {
        topic.read(record);
        Topic<?> earlier = topic.earlier();
        if (earlier == null) {
            accept(topic, record, true);
        } else if (deferred.holdsKeyOf(record)) {
            defer(topic, record, false);
        } else if (!accept(topic, record, false)) {
            defer(topic, record, true);
        }
    }

    private void defer(FollowedTopic<?> topic, ConsumerRecord<byte[], byte[]> record, boolean offered) {
        Topic<?> earlier = topic.earlier();
        if (earlier == null) {
            throw new IllegalStateException(topic.topic() + " refers to no other topic; what should it wait for?");
        }
        deferred.add(topic, record, earlier, offered, patience(record));
        kept.waits(topic, record);
    }

    /** An event that has its dead letter already is over as soon as the topics are read. */
    private Duration patience(ConsumerRecord<byte[], byte[]> record) {
        return offsets.wasDone(record) ? Duration.ZERO : patience;
    }

    private boolean settle(DeferredEvents.Event event, boolean last) {
        boolean settled = accept(event.topic(), event.record(), last);
        if (settled) {
            kept.settled(event.topic(), event.record());
            kept.changed();
        }
        return settled;
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
            if (record.value() != null) {
                view.causing().read(topic.topic(), record);
            }
            meters.event(record);
        } catch (PoisonEventException e) {
            if (!last) {
                return false;
            }
            deadLetter(record, e);
        } catch (KeptStateException e) {
            throw e; // no event is to blame for the disk
        } catch (RuntimeException | StackOverflowError e) {
            deadLetter(record, e);
        }
        return true;
    }

    private void deadLetter(ConsumerRecord<byte[], byte[]> record, Throwable cause) {
        boolean again = offsets.wasDone(record);
        duty.fulfil(record, cause, again);
        if (!again) {
            offsets.deadLettered();
        }
    }

    /** Commits what is done and leaves. */
    @Override
    public void close() {
        try {
            if (!inTheMiddle) {
                kept.commit(consumer);
            }
            offsets.commit();
        } catch (KafkaException e) {
            LOG.warnf("Offsets not committed on leaving, poison events may be dead-lettered twice: %s", e.getMessage());
        } catch (KeptStateException e) {
            LOG.warnf("Some events are read again after the next start: %s", e.getMessage());
        } finally {
            consumer.close();
        }
    }
}
