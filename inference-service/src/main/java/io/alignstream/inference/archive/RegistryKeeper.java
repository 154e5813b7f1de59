package io.alignstream.inference.archive;

import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.stageruntime.kafka.BrokerRefusals;
import io.alignstream.stageruntime.kafka.KafkaReaders;
import io.alignstream.training.archive.ArchivedRecord;
import io.alignstream.training.archive.RegistryArchive;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
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
import org.jspecify.annotations.Nullable;

/**
 * Follows the registry topics and keeps each record in the store, on a thread of its own.
 *
 * <p>It is this service's work since this one always runs, whatever trains. Each start reads the topics from their beginning,
 * so nothing is missed for ever; a store or brokers that do not answer are asked again. Nothing that is served waits for it.
 */
@ApplicationScoped
public class RegistryKeeper {

    private static final Logger LOG = Logger.getLogger(RegistryKeeper.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration PAUSE = Duration.ofSeconds(10);
    private static final Map<String, Topic<?>> TOPICS =
            RegistryArchive.TOPICS.stream().collect(Collectors.toMap(Topic::name, Function.identity()));

    private final CheckpointStore store;
    private final KafkaReaders readers;
    private final BrokerRefusals refusals;
    private volatile boolean stopped;
    private @Nullable Thread thread;

    RegistryKeeper(CheckpointStore store, KafkaReaders readers, BrokerRefusals refusals) {
        this.store = store;
        this.readers = readers;
        this.refusals = refusals;
    }

    void start(@Observes StartupEvent event) {
        Thread follower = Thread.ofPlatform().name("registry-keeper").daemon().unstarted(this::run);
        follower.setContextClassLoader(Thread.currentThread().getContextClassLoader());
        thread = follower;
        follower.start();
    }

    @PreDestroy
    void stop() {
        stopped = true;
        if (thread != null) {
            thread.interrupt();
        }
    }

    private void run() {
        while (!stopped) {
            try (KafkaConsumer<byte[], byte[]> consumer = readers.open();
                    RegistryArchive archive = new RegistryArchive(store)) {
                follow(consumer, archive);
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
