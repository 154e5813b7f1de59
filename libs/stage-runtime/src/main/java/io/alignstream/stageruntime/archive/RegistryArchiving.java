package io.alignstream.stageruntime.archive;

import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.stageruntime.kafka.BrokerRefusals;
import io.alignstream.stageruntime.kafka.KafkaReaders;
import io.alignstream.training.archive.ArchivedRecord;
import io.alignstream.training.archive.RegistryArchive;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.jboss.logging.Logger;

/**
 * Follows the registry topics and keeps each record in the store, until it is stopped; to be run by a thread of its own.
 *
 * <p>Each start reads the topics from their beginning, so nothing is missed for ever; a store or brokers that do not answer are
 * asked again.
 */
public final class RegistryArchiving implements Runnable {

    private static final Logger LOG = Logger.getLogger(RegistryArchiving.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration PAUSE = Duration.ofSeconds(10);
    private static final Map<String, Topic<?>> TOPICS =
            RegistryArchive.TOPICS.stream().collect(Collectors.toMap(Topic::name, Function.identity()));

    private final CheckpointStore store;
    private final KafkaReaders readers;
    private final BrokerRefusals refusals;
    private volatile boolean stopped;

    /** Of {@code store}, at the brokers that {@code readers} come to. */
    public RegistryArchiving(CheckpointStore store, KafkaReaders readers, BrokerRefusals refusals) {
        this.store = store;
        this.readers = readers;
        this.refusals = refusals;
    }

    /** Ends it with the record that it is at; its thread is to be interrupted besides. */
    public void stop() {
        stopped = true;
    }

    @Override
    public void run() {
        while (!stopped) {
            try (KafkaConsumer<byte[], byte[]> consumer = readers.open()) {
                follow(consumer, new RegistryArchive(store));
            } catch (IOException | RuntimeException e) {
                pauseAfter(e);
            }
        }
    }

    private void follow(KafkaConsumer<byte[], byte[]> consumer, RegistryArchive archive) throws IOException {
        List<TopicPartition> partitions = new ArrayList<>();
        for (Topic<?> topic : RegistryArchive.TOPICS) {
            List<PartitionInfo> infos = consumer.partitionsFor(topic.name());
            if (infos.isEmpty()) {
                throw new KafkaException("topic " + topic + " is not there yet");
            }
            infos.forEach(info -> partitions.add(new TopicPartition(info.topic(), info.partition())));
        }
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        while (!stopped) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                keep(record, archive);
            }
        }
    }

    private static void keep(ConsumerRecord<byte[], byte[]> record, RegistryArchive archive) throws IOException {
        if (record.key() == null) {
            return; // a dead letter of whoever follows the topic
        }
        try {
            if (record.value() != null) {
                Objects.requireNonNull(TOPICS.get(record.topic())).decode(record);
            }
        } catch (PoisonEventException e) {
            return; // as well
        }
        if (archive.keep(archived(record))) {
            LOG.debugf("Kept the record at offset %d of %s", record.offset(), record.topic());
        }
    }

    private static ArchivedRecord archived(ConsumerRecord<byte[], byte[]> record) {
        List<ArchivedRecord.Header> headers = new ArrayList<>();
        for (Header header : record.headers()) {
            headers.add(ArchivedRecord.Header.of(header.key(), header.value()));
        }
        return new ArchivedRecord(
                record.topic(), record.key(), headers, record.value(), record.timestamp(), record.offset());
    }

    private void pauseAfter(Exception failure) {
        if (stopped) {
            return;
        }
        LOG.warnf(
                "What the registry topics hold is not kept in the store for now, and tried again: %s",
                refusals.explained(failure));
        try {
            Thread.sleep(PAUSE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            stopped = true;
        }
    }
}
