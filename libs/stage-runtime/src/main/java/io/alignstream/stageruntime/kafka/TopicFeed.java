package io.alignstream.stageruntime.kafka;

import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.check.NewerEventException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.view.TopicMadeAnewException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Follows one topic beside the view, from where somebody has read to who keeps that himself, as an index does; for one thread.
 *
 * <p>Records that were deleted before they were read, and those that are no events, are counted and passed over; the latter
 * stand in the dead letters of whoever follows the topic for its view.
 */
public final class TopicFeed<T> implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(TopicFeed.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(10);
    private static final int TIMEOUT_SECONDS = 10;

    private final Topic<T> topic;
    private final Admin admin;
    private final Consumer<byte[], byte[]> consumer;
    private final Map<Integer, Long> positions = new TreeMap<>();
    private String id = "";
    private long looked;
    private Iterator<ConsumerRecord<byte[], byte[]>> polled = Collections.emptyIterator();
    private long unread;
    private long lost;
    private long unreadable;

    /**
     * An event of the topic.
     *
     * @param event null where the key's earlier events are withdrawn
     */
    public record Entry<T>(String key, @Nullable T event) {}

    /**
     * Follows {@code topic}.
     *
     * @param id that the brokers knew it by when {@code positions} were read, empty if nothing was
     * @param positions the first record of each partition that was not read; from its beginning where there is none
     * @throws KafkaException if the brokers do not answer
     * @throws TopicMadeAnewException if it is another topic now
     */
    public TopicFeed(Topic<T> topic, KafkaReaders readers, String id, Map<Integer, Long> positions) {
        this.topic = topic;
        this.id = id;
        this.positions.putAll(positions);
        this.admin = readers.admin();
        try {
            this.consumer = readers.open();
        } catch (RuntimeException e) {
            admin.close();
            throw e;
        }
        try {
            look();
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * The next event; waits for a fifth of a second where there is none so far.
     *
     * @throws KafkaException if the brokers do not answer
     * @throws TopicMadeAnewException if the topic was deleted and made anew: what was read stands nowhere any more
     */
    public Optional<Entry<T>> next() {
        if (System.nanoTime() - looked >= LOOK_AGAIN.toNanos()) {
            look();
        }
        if (!polled.hasNext()) {
            poll();
        }
        while (polled.hasNext()) {
            ConsumerRecord<byte[], byte[]> record = polled.next();
            topic.newer(record).ifPresent(reason -> {
                throw new NewerEventException(reason); // read by the release that knows it
            });
            unread--;
            positions.put(record.partition(), record.offset() + 1);
            Optional<Entry<T>> entry = entry(record);
            if (entry.isPresent()) {
                return entry;
            }
        }
        // Behind the last record may stand marks of transactions.
        consumer.assignment().forEach(partition -> positions.put(partition.partition(), consumer.position(partition)));
        return Optional.empty();
    }

    private Optional<Entry<T>> entry(ConsumerRecord<byte[], byte[]> record) {
        try {
            if (record.value() != null) {
                T event = topic.decode(record);
                return Optional.of(new Entry<>(topic.key(event), event));
            }
            if (record.key() == null) {
                throw new PoisonEventException(Reason.of("poison.emptyRecord"));
            }
            return Optional.of(new Entry<>(new String(record.key(), StandardCharsets.UTF_8), null));
        } catch (PoisonEventException e) {
            unreadable++;
            LOG.warnf(
                    "The record at offset %d of %s-%d is passed over: %s",
                    record.offset(), topic, record.partition(), e.getMessage());
            return Optional.empty();
        }
    }

    private void poll() {
        if (consumer.assignment().isEmpty()) {
            try {
                Thread.sleep(POLL);
            } catch (InterruptedException e) {
                throw new InterruptException(e);
            }
            return;
        }
        try {
            ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
            polled = records.iterator();
            unread = records.count();
        } catch (OffsetOutOfRangeException e) {
            seek(e.offsetOutOfRangePartitions().keySet());
        }
    }

    /** Asks which topic this is and takes its new partitions on. */
    private void look() {
        Optional<TopicDescription> described = describe();
        looked = System.nanoTime();
        if (described.isEmpty()) {
            if (!id.isEmpty()) {
                throw new TopicMadeAnewException(topic.name());
            }
            return;
        }
        String now = described.get().topicId().toString();
        if (!id.isEmpty() && !id.equals(now)) {
            throw new TopicMadeAnewException(topic.name());
        }
        id = now;
        List<TopicPartition> partitions = described.get().partitions().stream()
                .map(TopicPartitionInfo::partition)
                .map(partition -> new TopicPartition(topic.name(), partition))
                .toList();
        if (partitions.size() > consumer.assignment().size()) {
            assign(partitions);
        }
    }

    private void assign(List<TopicPartition> partitions) {
        List<TopicPartition> fresh = new ArrayList<>(partitions);
        fresh.removeAll(consumer.assignment());
        consumer.assign(partitions);
        seek(fresh);
    }

    /** Goes on with {@code partitions} where reading has come to, or behind what was deleted. */
    private void seek(Collection<TopicPartition> partitions) {
        var begins = consumer.beginningOffsets(partitions);
        var ends = consumer.endOffsets(partitions);
        for (TopicPartition partition : partitions) {
            long begin = begins.getOrDefault(partition, 0L);
            long position = positions.getOrDefault(partition.partition(), 0L);
            if (position > ends.getOrDefault(partition, Long.MAX_VALUE)) {
                throw new TopicMadeAnewException(topic.name());
            }
            if (position < begin) {
                lost += begin - position;
                LOG.errorf(
                        "%d records of %s were deleted before they were read; reading goes on behind them",
                        begin - position, partition);
            }
            consumer.seek(partition, Math.max(begin, position));
            positions.put(partition.partition(), Math.max(begin, position));
        }
    }

    /** Empty if there is no such topic. */
    private Optional<TopicDescription> describe() {
        try {
            return Optional.of(admin.describeTopics(List.of(topic.name()))
                    .allTopicNames()
                    .get(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                    .values()
                    .iterator()
                    .next());
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return Optional.empty();
            }
            throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e);
        } catch (TimeoutException e) {
            throw new org.apache.kafka.common.errors.TimeoutException("no answer within " + TIMEOUT_SECONDS + " s", e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    /** The id that the brokers know the topic by; empty while there is none. */
    public String id() {
        return id;
    }

    /** The first record of each partition that {@link #next} has not been through. */
    public Map<Integer, Long> positions() {
        return Map.copyOf(positions);
    }

    /** How many records are there and were not returned so far, as far as the last answer of the brokers tells. */
    public long behind() {
        return unread
                + consumer.assignment().stream()
                        .mapToLong(partition -> consumer.currentLag(partition).orElse(0))
                        .sum();
    }

    /** Records that were deleted before they were read. */
    public long lost() {
        return lost;
    }

    /** Records that are no events. */
    public long unreadable() {
        return unreadable;
    }

    @Override
    public void close() {
        consumer.close();
        admin.close(Duration.ofSeconds(TIMEOUT_SECONDS));
    }
}
