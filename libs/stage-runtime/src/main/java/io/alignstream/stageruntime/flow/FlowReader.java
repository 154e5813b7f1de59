package io.alignstream.stageruntime.flow;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.contracts.TrainingProgress;
import io.alignstream.contracts.guard.GuardDecision;
import io.alignstream.contracts.guard.StageControl;
import io.alignstream.contracts.rights.BrokerUser;
import io.alignstream.stageruntime.kafka.KafkaReaders;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/**
 * Reads what the flow's topics tell of runs, models and releases, and how long the topics are; only when somebody looks, and
 * then what came since the last time. Thread-safe.
 *
 * <p>It belongs to no stage's view: nothing that is served waits for it, and what does not decode is left out.
 */
@ApplicationScoped
public class FlowReader {

    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    /** What runs told before that is of no interest any more. */
    private static final Duration RECENT = Duration.ofDays(1);
    /** Most records of each partition that are read of what runs tell: some two a second for a day. */
    private static final long NEWEST = 200_000;

    private static final List<Topic<?>> REGISTRIES = List.of(
            Topic.TOKENIZERS, Topic.CHECKPOINTS, Topic.MODEL_RELEASES, Topic.GUARD_DECISIONS, Topic.STAGE_CONTROLS);

    private final KafkaReaders readers;
    private @Nullable KafkaConsumer<byte[], byte[]> consumer;
    private @Nullable Admin admin;
    private final SequencedMap<String, Timed<TrainedTokenizer>> tokenizers = new LinkedHashMap<>();
    private final SequencedMap<String, Timed<Checkpoint>> checkpoints = new LinkedHashMap<>();
    private final SequencedMap<String, Timed<ModelRelease>> releases = new LinkedHashMap<>();
    private final SequencedMap<String, Timed<GuardDecision>> guarded = new LinkedHashMap<>();
    private final SequencedMap<String, Timed<StageControl>> controls = new LinkedHashMap<>();
    private final Map<Stage, Timed<TrainingProgress>> progress = new HashMap<>();

    FlowReader(KafkaReaders readers) {
        this.readers = readers;
    }

    /** An event and when its record was written. */
    public record Timed<T>(T event, Instant at) {}

    /** What the topics have told so far; of registries the newest event of each key, the oldest first. */
    public record Flow(
            List<Timed<TrainedTokenizer>> tokenizers,
            List<Timed<Checkpoint>> checkpoints,
            List<Timed<ModelRelease>> releases,
            List<Timed<GuardDecision>> guarded,
            List<Timed<StageControl>> controls,
            Map<Stage, Timed<TrainingProgress>> progress) {}

    /** How many records a topic and its dead letters hold, and how many of them a service has not taken in. */
    public record Length(long records, long deadLetters, TreeMap<String, Long> lag) {}

    /**
     * Reads to the present end.
     *
     * @throws KafkaException if the broker does not answer, refuses, or has not given everything in time; the next call goes on
     *     from there
     */
    public synchronized Flow read() {
        boolean whole;
        try {
            KafkaConsumer<byte[], byte[]> open = consumer == null ? open() : consumer;
            Map<TopicPartition, Long> ends = open.endOffsets(open.assignment());
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            whole = isRead(open, ends);
            while (!whole && System.nanoTime() < deadline) {
                poll(open);
                whole = isRead(open, ends);
            }
        } catch (RuntimeException e) {
            close(); // the next look begins anew
            throw e;
        }
        if (!whole) {
            throw new TimeoutException("the topics were not read to their end in " + PATIENCE.toSeconds() + " s");
        }
        Instant recent = Instant.now().minus(RECENT);
        progress.values().removeIf(told -> told.at().isBefore(recent));
        return new Flow(
                List.copyOf(tokenizers.values()),
                List.copyOf(checkpoints.values()),
                List.copyOf(releases.values()),
                List.copyOf(guarded.values()),
                List.copyOf(controls.values()),
                Map.copyOf(progress));
    }

    private static boolean isRead(KafkaConsumer<byte[], byte[]> open, Map<TopicPartition, Long> ends) {
        return ends.entrySet().stream().allMatch(end -> open.position(end.getKey()) >= end.getValue());
    }

    private void poll(KafkaConsumer<byte[], byte[]> open) {
        try {
            open.poll(POLL).forEach(this::take);
        } catch (OffsetOutOfRangeException e) { // deleted while nobody looked
            open.seekToBeginning(e.partitions());
        }
    }

    private KafkaConsumer<byte[], byte[]> open() {
        KafkaConsumer<byte[], byte[]> opened = readers.open();
        consumer = opened;
        List<TopicPartition> partitions = Stream.concat(REGISTRIES.stream(), Stream.of(Topic.TRAINING_PROGRESS))
                .flatMap(topic -> opened.partitionsFor(topic.name()).stream())
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
        opened.assign(partitions);
        opened.seekToBeginning(partitions);
        List<TopicPartition> ofRuns = partitions.stream()
                .filter(partition -> partition.topic().equals(Topic.TRAINING_PROGRESS.name()))
                .toList();
        long recent = Instant.now().minus(RECENT).toEpochMilli();
        Map<TopicPartition, OffsetAndTimestamp> begins = opened.offsetsForTimes(
                ofRuns.stream().collect(Collectors.toMap(partition -> partition, partition -> recent)));
        opened.endOffsets(ofRuns).forEach((partition, end) -> {
            OffsetAndTimestamp begin = begins.get(partition); // null where nothing is as new
            opened.seek(partition, begin == null ? end : Math.max(begin.offset(), end - NEWEST));
        });
        return opened;
    }

    private void take(ConsumerRecord<byte[], byte[]> record) {
        String topic = record.topic();
        try {
            if (topic.equals(Topic.TRAINING_PROGRESS.name())) {
                if (record.value() != null) {
                    Timed<TrainingProgress> told = timed(Topic.TRAINING_PROGRESS, record);
                    progress.merge(
                            told.event().stage(),
                            told,
                            (before, now) -> now.at().isBefore(before.at()) ? before : now);
                }
            } else if (topic.equals(Topic.TOKENIZERS.name())) {
                take(Topic.TOKENIZERS, record, tokenizers);
            } else if (topic.equals(Topic.CHECKPOINTS.name())) {
                take(Topic.CHECKPOINTS, record, checkpoints);
            } else if (topic.equals(Topic.MODEL_RELEASES.name())) {
                take(Topic.MODEL_RELEASES, record, releases);
            } else if (topic.equals(Topic.GUARD_DECISIONS.name())) {
                take(Topic.GUARD_DECISIONS, record, guarded);
            } else {
                take(Topic.STAGE_CONTROLS, record, controls);
            }
        } catch (PoisonEventException e) {
            // Whoever follows the topic has put it to the dead letters, which are counted.
        }
    }

    private static <T> void take(
            Topic<T> topic, ConsumerRecord<byte[], byte[]> record, SequencedMap<String, Timed<T>> newest)
            throws PoisonEventException {
        String key = record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
        if (record.value() == null) {
            newest.remove(key);
        } else {
            Timed<T> event = timed(topic, record);
            newest.remove(key);
            newest.putLast(key, event);
        }
    }

    private static <T> Timed<T> timed(Topic<T> topic, ConsumerRecord<byte[], byte[]> record)
            throws PoisonEventException {
        return new Timed<>(topic.decode(record), Instant.ofEpochMilli(record.timestamp()));
    }

    /**
     * The length of each topic, in the order of the flow.
     *
     * @throws KafkaException if the broker does not answer, or refuses
     */
    public synchronized SequencedMap<String, Length> lengths() {
        Admin client = admin == null ? readers.admin() : admin;
        admin = client;
        try {
            Map<String, TopicDescription> found = described(client);
            List<TopicPartition> partitions = found.values().stream()
                    .flatMap(topic -> topic.partitions().stream()
                            .map(partition -> new TopicPartition(topic.name(), partition.partition())))
                    .toList();
            Map<TopicPartition, Long> begins = offsets(client, partitions, OffsetSpec.earliest());
            Map<TopicPartition, Long> ends = offsets(client, partitions, OffsetSpec.latest());
            Map<String, Map<TopicPartition, OffsetAndMetadata>> taken = taken(client);
            SequencedMap<String, Length> lengths = new LinkedHashMap<>();
            for (Topic<?> topic : Topic.ALL) {
                lengths.put(
                        topic.name(),
                        new Length(
                                length(topic.name(), begins, ends),
                                length(topic.deadLetters(), begins, ends),
                                lag(topic.name(), begins, ends, taken)));
            }
            return lengths;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KafkaException(e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof KafkaException failure ? failure : new KafkaException(e.getCause());
        }
    }

    /** Those that are there: dead letters may not be where somebody has set the topics up by hand. */
    private static Map<String, TopicDescription> described(Admin client)
            throws InterruptedException, ExecutionException {
        List<String> wanted = Topic.ALL.stream()
                .flatMap(topic -> Stream.of(topic.name(), topic.deadLetters()))
                .toList();
        Map<String, TopicDescription> found = new HashMap<>();
        for (var answer : client.describeTopics(wanted).topicNameValues().entrySet()) {
            try {
                found.put(answer.getKey(), answer.getValue().get());
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                    throw e;
                }
            }
        }
        return found;
    }

    private static Map<TopicPartition, Long> offsets(Admin client, List<TopicPartition> partitions, OffsetSpec which)
            throws InterruptedException, ExecutionException {
        Map<TopicPartition, OffsetSpec> asked =
                partitions.stream().collect(Collectors.toMap(partition -> partition, partition -> which));
        Map<TopicPartition, Long> offsets = new HashMap<>();
        for (Map.Entry<TopicPartition, ListOffsetsResultInfo> answer :
                client.listOffsets(asked).all().get().entrySet()) {
            offsets.put(answer.getKey(), answer.getValue().offset());
        }
        return offsets;
    }

    /** Up to where each service has read, with the one application of tokenizer-service that has a group of its own. */
    private static Map<String, Map<TopicPartition, OffsetAndMetadata>> taken(Admin client)
            throws InterruptedException, ExecutionException {
        Map<String, Map<TopicPartition, OffsetAndMetadata>> taken = new HashMap<>();
        List<String> groups = new ArrayList<>(
                Arrays.stream(Stage.values()).map(Stage::service).toList());
        groups.add(BrokerUser.CLEANING);
        for (String group : groups) {
            taken.put(
                    group,
                    client.listConsumerGroupOffsets(group)
                            .partitionsToOffsetAndMetadata()
                            .get());
        }
        return taken;
    }

    private static long length(String topic, Map<TopicPartition, Long> begins, Map<TopicPartition, Long> ends) {
        return ends.entrySet().stream()
                .filter(end -> end.getKey().topic().equals(topic))
                .mapToLong(end -> end.getValue() - begins.getOrDefault(end.getKey(), 0L))
                .sum();
    }

    private static TreeMap<String, Long> lag(
            String topic,
            Map<TopicPartition, Long> begins,
            Map<TopicPartition, Long> ends,
            Map<String, Map<TopicPartition, OffsetAndMetadata>> taken) {
        TreeMap<String, Long> lag = new TreeMap<>();
        taken.forEach((group, offsets) -> offsets.forEach((partition, offset) -> {
            Long end = ends.get(partition);
            if (partition.topic().equals(topic) && end != null && offset != null) {
                long from = Math.max(offset.offset(), begins.getOrDefault(partition, 0L));
                String service = group.equals(BrokerUser.CLEANING) ? Stage.TOKENIZER.service() : group;
                lag.merge(service, Math.max(0, end - from), Long::sum);
            }
        }));
        return lag;
    }

    /** Forgets everything; what comes next is read from the beginning. */
    @PreDestroy
    public synchronized void close() {
        Optional.ofNullable(consumer).ifPresent(open -> open.close(CloseOptions.timeout(Duration.ofSeconds(1))));
        Optional.ofNullable(admin).ifPresent(open -> open.close(Duration.ofSeconds(1)));
        consumer = null;
        admin = null;
        List.of(tokenizers, checkpoints, releases, guarded, controls).forEach(Map::clear);
        progress.clear();
    }
}
