package io.alignstream.local.chaos;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.local.pipeline.Chain;
import io.alignstream.local.pipeline.Registry;
import io.alignstream.local.pipeline.TopicLog;
import io.alignstream.local.report.StageResults;
import io.alignstream.local.site.KafkaConnection;
import io.alignstream.training.StoredState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What a pipeline has come to, read from topics and store.
 *
 * @param weights sha256 of each stage's model, every byte of which was read
 * @param beside sha256 of what lies beside it, where it is kept: the moments that training goes on with, and the ledger of the sequences
 *     that it has seen
 * @param events for each topic whose events are counted: how many different ones there are
 * @param tokens packed, by shard and split
 * @param losses of pretraining's steps
 * @param contradictions what cannot be, whatever happened: an event twice, a gap, a dead letter
 */
public record Evidence(
        SortedMap<String, String> weights,
        SortedMap<String, String> beside,
        SortedMap<String, Long> events,
        SortedMap<String, Long> tokens,
        LossLog losses,
        List<String> contradictions) {

    private static final List<String> BESIDE = List.of(StoredState.FILE, "ledger.txt");

    /** Topics that hold each event once. */
    private static final List<Topic<?>> COUNTED = List.of(
            Topic.DOCUMENTS,
            Topic.CLEAN_DOCUMENTS,
            Topic.INSTRUCTIONS,
            Topic.PROMPTS,
            Topic.GUIDELINES,
            Topic.RANKING_REQUESTS,
            Topic.RANKINGS);

    /**
     * What the topics at {@code connection} hold, with the models in {@code store}.
     *
     * @param rolledBack whether a release was
     */
    static Evidence of(KafkaConnection connection, CheckpointStore store, LossLog losses, boolean rolledBack)
            throws IOException {
        List<String> contradictions = new ArrayList<>();
        SortedMap<String, Long> events = new TreeMap<>();
        for (Topic<?> topic : COUNTED) {
            events.put(topic.name(), different(connection, topic, contradictions));
        }
        SortedMap<String, Long> tokens = tokens(connection, contradictions);
        oneResultARun(connection, contradictions);
        if (rolledBack) {
            noRollbackUndone(connection, contradictions);
        }
        noDeadLetters(connection, contradictions);
        SortedMap<String, String> weights = new TreeMap<>();
        SortedMap<String, String> beside = new TreeMap<>();
        results(connection, store).forEach((stage, stored) -> {
            weights.put(stage.id(), StageResults.modelHash(stored));
            for (String file : BESIDE) {
                Manifest.FileEntry found = stored.manifest().files().get(file);
                if (found != null) {
                    beside.put(stage.id() + "/" + file, found.sha256());
                }
            }
        });
        return new Evidence(weights, beside, events, tokens, losses, contradictions);
    }

    /** In what this differs from {@code undisturbed}, with what is wrong anyway. */
    public List<String> findings(Evidence undisturbed) {
        List<String> findings = new ArrayList<>(contradictions);
        differences("weights of ", undisturbed.weights, weights, findings);
        differences("", undisturbed.beside, beside, findings);
        differences("events in ", undisturbed.events, events, findings);
        differences("tokens of ", undisturbed.tokens, tokens, findings);
        findings.addAll(losses.findings(undisturbed.losses));
        return findings;
    }

    private static void differences(String what, Map<String, ?> expected, Map<String, ?> found, List<String> findings) {
        Set<String> names = new HashSet<>(expected.keySet());
        names.addAll(found.keySet());
        names.stream()
                .sorted()
                .filter(name -> !Objects.equals(expected.get(name), found.get(name)))
                .forEach(name -> findings.add(
                        "%s%s: %s, undisturbed %s".formatted(what, name, found.get(name), expected.get(name))));
    }

    /** The newest result of each stage. */
    static Map<Stage, StoredCheckpoint> results(KafkaConnection connection, CheckpointStore store) {
        Registry registry = new Registry();
        read(connection, Registry.TOPICS, registry::take);
        return StageResults.open(Chain.of(registry, Map.of()), store);
    }

    private static long different(KafkaConnection connection, Topic<?> topic, List<String> contradictions) {
        Set<String> keys = new HashSet<>();
        List<String> repeated = new ArrayList<>();
        read(connection, List.of(topic.name()), record -> {
            String key = key(record);
            if (!keys.add(key)) {
                repeated.add(key);
            }
        });
        if (!repeated.isEmpty()) {
            contradictions.add("%d events in %s came more than once: %s"
                    .formatted(repeated.size(), topic, repeated.subList(0, Math.min(5, repeated.size()))));
        }
        return keys.size();
    }

    /** Sequence numbers are dense for each shard and split, so what is missing or there twice is visible. */
    private static SortedMap<String, Long> tokens(KafkaConnection connection, List<String> contradictions) {
        SortedMap<String, Long> tokens = new TreeMap<>();
        Map<String, Long> next = new HashMap<>();
        read(connection, List.of(Topic.TOKEN_BATCHES.name()), record -> {
            TokenBatch batch = decode(Topic.TOKEN_BATCHES, record);
            String lane = "shard " + batch.shard() + ", " + batch.split().name().toLowerCase(Locale.ROOT);
            long expected = next.getOrDefault(lane, 0L);
            if (batch.firstSequence() != expected) {
                contradictions.add("token batches of %s: sequence %d follows %d"
                        .formatted(lane, batch.firstSequence(), expected - 1));
            }
            next.put(lane, batch.firstSequence() + batch.tokens().length / batch.sequenceLength());
            tokens.merge(lane, (long) batch.tokens().length, Long::sum);
        });
        return tokens;
    }

    private static void oneResultARun(KafkaConnection connection, List<String> contradictions) {
        Map<String, Set<String>> results = new TreeMap<>();
        read(connection, List.of(Topic.CHECKPOINTS.name()), record -> {
            Checkpoint checkpoint = decode(Topic.CHECKPOINTS, record);
            results.computeIfAbsent(key(record), run -> new HashSet<>())
                    .add(checkpoint.reference().sha256());
        });
        results.forEach((run, checkpoints) -> {
            if (checkpoints.size() > 1) {
                contradictions.add("run %s has %d results".formatted(run, checkpoints.size()));
            }
        });
        for (Stage stage : Stage.values()) {
            List<String> runs = results.keySet().stream()
                    .filter(key -> key.startsWith(stage.id() + "/"))
                    .toList();
            if (runs.size() > 1) {
                contradictions.add("%s was trained more than once: %s".formatted(stage.id(), runs));
            }
        }
    }

    private static void noRollbackUndone(KafkaConnection connection, List<String> contradictions) {
        Map<String, ModelRelease.Verdict> verdicts = new TreeMap<>();
        read(connection, List.of(Topic.MODEL_RELEASES.name()), record -> {
            ModelRelease.Verdict verdict = decode(Topic.MODEL_RELEASES, record).verdict();
            if (verdicts.put(key(record), verdict) == ModelRelease.Verdict.ROLLED_BACK) {
                contradictions.add("%s was rolled back and is %s again".formatted(key(record), verdict.id()));
            }
        });
        if (!verdicts.containsValue(ModelRelease.Verdict.ROLLED_BACK)) {
            contradictions.add("what was rolled back is not: " + verdicts);
        }
    }

    private static void noDeadLetters(KafkaConnection connection, List<String> contradictions) {
        for (Topic<?> topic : Topic.ALL) {
            List<String> letters = new ArrayList<>();
            read(connection, List.of(topic.deadLetters()), record -> letters.add(key(record)));
            if (!letters.isEmpty()) {
                contradictions.add("%d dead letters of %s: %s".formatted(letters.size(), topic, letters));
            }
        }
    }

    private static <T> T decode(Topic<T> topic, ConsumerRecord<byte[], byte[]> record) {
        try {
            return topic.decode(record);
        } catch (PoisonEventException e) {
            throw new IllegalStateException(
                    "%s holds poison at offset %d: %s".formatted(topic, record.offset(), e.getMessage()), e);
        }
    }

    private static String key(ConsumerRecord<byte[], byte[]> record) {
        return record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
    }

    private static void read(
            KafkaConnection connection, List<String> topics, Consumer<ConsumerRecord<byte[], byte[]>> reader) {
        try (TopicLog log = new TopicLog(connection, topics)) {
            log.readToEnd(reader);
        }
    }
}
