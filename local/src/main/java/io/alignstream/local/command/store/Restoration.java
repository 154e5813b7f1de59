package io.alignstream.local.command.store;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.CheckpointStore.Holding;
import io.alignstream.languagemodel.checkpoint.DamagedCheckpointException;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.local.pipeline.Publisher;
import io.alignstream.local.pipeline.TopicLog;
import io.alignstream.local.site.KafkaConnection;
import io.alignstream.training.archive.ArchivedRecord;
import io.alignstream.training.archive.RegistryArchive;
import io.alignstream.training.retention.Registry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * What the registry topics lack of what the store keeps of them; made by a look at both, for one thread.
 *
 * <p>A topic comes to the newest record of each key, in their order: the last of them is what the next stage builds on. So it
 * is given everything behind the place up to which it agrees with the store, in the store's order, and nothing where it agrees
 * to its end.
 */
public final class Restoration {

    /**
     * What is to be done about a topic.
     *
     * @param due what is to be published, in this order
     * @param there how many keys it holds as the store does, in the same order
     * @param left keys that are left out, with why
     * @param contradictions keys that it holds as the store has never seen them
     */
    public record OfTopic(
            Topic<?> topic,
            List<ArchivedRecord> due,
            int there,
            SequencedMap<String, String> left,
            List<String> contradictions) {}

    private final List<OfTopic> topics;

    private Restoration(List<OfTopic> topics) {
        this.topics = List.copyOf(topics);
    }

    /** What there is to do, in the order in which it is done. */
    public List<OfTopic> topics() {
        return topics;
    }

    /**
     * Looks at both and changes nothing. Every manifest is checked by its hash, all other files by their presence and size;
     * those of models in use byte for byte.
     *
     * @throws DamagedCheckpointException if what the store keeps of a record is damaged
     */
    public static Restoration plan(CheckpointStore store, KafkaConnection connection) throws IOException {
        SequencedMap<Topic<?>, List<ArchivedRecord>> kept = new LinkedHashMap<>();
        RegistryArchive archive = new RegistryArchive(store);
        for (Topic<?> topic : RegistryArchive.TOPICS) {
            kept.put(topic, archive.records(topic));
        }
        Set<String> inUse = inUse(kept);
        List<OfTopic> topics = new ArrayList<>();
        for (Topic<?> topic : RegistryArchive.TOPICS) {
            topics.add(plan(topic, kept.getOrDefault(topic, List.of()), store, inUse, held(connection, topic)));
        }
        return new Restoration(topics);
    }

    private static OfTopic plan(
            Topic<?> topic,
            List<ArchivedRecord> kept,
            CheckpointStore store,
            Set<String> inUse,
            SequencedMap<String, byte[]> held)
            throws IOException {
        SequencedMap<String, ArchivedRecord> wanted = RegistryArchive.newest(kept);
        wanted.values().removeIf(record -> record.value() == null && !held.containsKey(record.keyText()));
        SequencedMap<String, String> left = new LinkedHashMap<>();
        for (ArchivedRecord record : List.copyOf(wanted.values())) {
            Optional<String> why = flaw(topic, record, store, inUse);
            if (why.isPresent()) {
                left.put(record.keyText(), why.get());
                wanted.remove(record.keyText());
            }
        }
        List<String> contradictions = held.entrySet().stream()
                .filter(there -> kept.stream()
                        .noneMatch(
                                record -> record.keyText().equals(there.getKey()) && record.hasValue(there.getValue())))
                .map(Map.Entry::getKey)
                .toList();
        List<Map.Entry<String, byte[]>> present = held.entrySet().stream()
                .filter(there -> !left.containsKey(there.getKey()))
                .toList();
        List<ArchivedRecord> all = List.copyOf(wanted.values());
        int agrees = 0;
        while (agrees < all.size()
                && agrees < present.size()
                && all.get(agrees).keyText().equals(present.get(agrees).getKey())
                && all.get(agrees).hasValue(present.get(agrees).getValue())) {
            agrees++;
        }
        return new OfTopic(topic, all.subList(agrees, all.size()), agrees, left, contradictions);
    }

    /** The newest value of each key, in the order in which they were given. */
    private static SequencedMap<String, byte[]> held(KafkaConnection connection, Topic<?> topic) {
        SequencedMap<String, byte[]> held = new LinkedHashMap<>();
        try (TopicLog log = new TopicLog(connection, List.of(topic.name()))) {
            log.readToEnd(record -> {
                if (record.key() != null && (record.value() == null || isEvent(topic, record))) {
                    String key = new String(record.key(), StandardCharsets.UTF_8);
                    held.remove(key);
                    if (record.value() != null) {
                        held.put(key, record.value());
                    }
                }
            });
        }
        return held;
    }

    private static boolean isEvent(Topic<?> topic, ConsumerRecord<byte[], byte[]> record) {
        try {
            topic.decode(record);
            return true;
        } catch (PoisonEventException e) {
            return false;
        }
    }

    /** Why the store does not prove what a record says; empty if it does, or if nothing has to be proved. */
    private static Optional<String> flaw(
            Topic<?> topic, ArchivedRecord record, CheckpointStore store, Set<String> inUse) throws IOException {
        Reference reference = reference(topic, record);
        if (reference == null) {
            return Optional.empty();
        }
        try {
            Manifest manifest = store.manifest(reference);
            if (store.removed(reference).isPresent()) {
                return Optional.empty(); // nobody needed its files; the manifest is what lineages lead through
            }
            if (inUse.contains(reference.sha256())) {
                store.open(reference);
                return Optional.empty();
            }
            Holding holding = store.holdings(manifest.stage(), manifest.run()).checkpoints().stream()
                    .filter(stored -> stored.reference().sha256().equals(reference.sha256()))
                    .findFirst()
                    .orElseThrow(() -> new DamagedCheckpointException(reference.uri() + " is not there"));
            return manifest.files().entrySet().stream()
                    .filter(file -> {
                        Long size = holding.files().get(file.getKey());
                        return size != null && size != file.getValue().size();
                    })
                    .map(file -> "the file " + file.getKey() + " of " + reference.uri() + " has another size")
                    .findFirst();
        } catch (DamagedCheckpointException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /** The artefact that a record is about; null if it is about none, or a withdrawal. */
    private static @Nullable Reference reference(Topic<?> topic, ArchivedRecord record) {
        return switch (event(topic, record)) {
            case TrainedTokenizer tokenizer -> tokenizer.reference();
            case Checkpoint checkpoint -> checkpoint.reference();
            case ModelRelease release -> release.reference();
            case null, default -> null;
        };
    }

    /** Models that are built on or served. */
    private static Set<String> inUse(Map<Topic<?>, List<ArchivedRecord>> kept) {
        List<Checkpoint> checkpoints = events(Topic.CHECKPOINTS, kept);
        Registry registry = new Registry(checkpoints, events(Topic.MODEL_RELEASES, kept));
        Set<String> inUse = new HashSet<>();
        events(Topic.TOKENIZERS, kept).stream()
                .map(tokenizer -> tokenizer.reference().sha256())
                .forEach(inUse::add);
        Stream.concat(
                        checkpoints.stream()
                                .map(Checkpoint::stage)
                                .distinct()
                                .flatMap(stage -> registry.inUse(stage).stream())
                                .map(Checkpoint::reference),
                        registry.newestApproved().map(ModelRelease::reference).stream())
                .map(Reference::sha256)
                .forEach(inUse::add);
        return inUse;
    }

    private static <T> List<T> events(Topic<T> topic, Map<Topic<?>, List<ArchivedRecord>> kept) {
        return RegistryArchive.newest(kept.getOrDefault(topic, List.of())).values().stream()
                .flatMap(record -> Stream.ofNullable(event(topic, record)))
                .toList();
    }

    private static <T> @Nullable T event(Topic<T> topic, ArchivedRecord record) {
        byte @Nullable [] value = record.value();
        if (value == null) {
            return null;
        }
        try {
            return topic.codec().decode(value, headers(record));
        } catch (PoisonEventException e) {
            throw new IllegalStateException(
                    "a record of " + topic + " that was kept is no event any more: " + e.getMessage(), e);
        }
    }

    private static RecordHeaders headers(ArchivedRecord record) {
        RecordHeaders headers = new RecordHeaders();
        record.headers().forEach(header -> headers.add(header.name(), header.bytes()));
        return headers;
    }

    static ProducerRecord<byte[], byte[]> record(ArchivedRecord record) {
        return new ProducerRecord<>(record.topic(), null, record.key(), record.value(), headers(record));
    }

    /** Publishes what is due, byte for byte as it was, and returns how many records that were. */
    public long publish(KafkaConnection connection) {
        long published = 0;
        try (Publisher publisher = new Publisher(connection)) {
            for (OfTopic topic : topics) {
                publisher.publishAsIs(
                        topic.topic(),
                        topic.due().stream().map(Restoration::record).toList());
                published += topic.due().size();
            }
        }
        return published;
    }

    /** How many records of each topic that no store keeps the brokers hold. */
    static Map<Topic<?>, Long> others(KafkaConnection connection) {
        Map<Topic<?>, Long> others = new HashMap<>();
        for (Topic<?> topic : Topic.ALL) {
            if (!RegistryArchive.TOPICS.contains(topic) && topic.retention() == Topic.Retention.FOR_EVER) {
                try (TopicLog log = new TopicLog(connection, List.of(topic.name()))) {
                    others.put(topic, log.end());
                }
            }
        }
        return others;
    }
}
