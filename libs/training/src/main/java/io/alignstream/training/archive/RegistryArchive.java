package io.alignstream.training.archive;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The records of the registry topics, each beside the checkpoints in the store; for one thread, safe beside other processes.
 *
 * <p>A record is a small checkpoint of its own below {@value #FOLDER}: created once, hashed, never changed. So two that keep
 * the same record keep one, and who reads topics that were emptied takes nothing away.
 */
public final class RegistryArchive {

    /** Where it lies below the store's root. */
    public static final String FOLDER = "registry";

    /** What is kept, in the order in which it is given back: what is held back first, what is served last. */
    public static final List<Topic<?>> TOPICS = List.of(
            Topic.STAGE_CONTROLS, Topic.GUARD_DECISIONS, Topic.TOKENIZERS, Topic.CHECKPOINTS, Topic.MODEL_RELEASES);

    /** Whose service keeps it. */
    private static final Stage KEEPER = Stage.INFERENCE;

    private static final String HEAD = "record.json";
    private static final String VALUE = "value";
    private static final String EVENT = "event";
    private static final int KEY_DIGITS = 16;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final CheckpointStore archive;
    private final Map<String, Set<String>> known = new HashMap<>();

    /** Everything of a record but its value. */
    private record Head(String topic, String key, List<ArchivedRecord.Header> headers, long timestamp, long offset) {}

    /** The archive in {@code store}, begun or not; to be used as long as that is open. */
    public RegistryArchive(CheckpointStore store) {
        this.archive = store.below(FOLDER);
    }

    /**
     * Keeps a record, unless its event is kept.
     *
     * @return whether it is new
     * @throws IOException if the store does not take it; nothing of it is left then
     */
    public boolean keep(ArchivedRecord record) throws IOException {
        String run = run(record);
        Set<String> events = events(run);
        if (events.contains(record.event())) {
            return false;
        }
        Manifest draft = Manifest.draft(KEEPER, run, record.timestamp() / 1000)
                .withComplete(true)
                .withPosition(Map.of("timestamp", record.timestamp(), "offset", record.offset()))
                .withFingerprint(Map.of(EVENT, record.event()));
        ArchivedRecord.Header key = ArchivedRecord.Header.of("key", record.key());
        archive.save(draft, folder -> {
            JSON.writeValue(
                    folder.resolve(HEAD).toFile(),
                    new Head(
                            record.topic(),
                            Objects.requireNonNull(key.value()),
                            record.headers(),
                            record.timestamp(),
                            record.offset()));
            byte @Nullable [] value = record.value();
            if (value != null) {
                Files.write(folder.resolve(VALUE), value);
            }
        });
        events.add(record.event());
        return true;
    }

    /** The events of a key that are kept; looked up once. */
    private Set<String> events(String run) throws IOException {
        Set<String> events = known.get(run);
        if (events == null) {
            events = new HashSet<>();
            for (Manifest manifest : archive.manifests(KEEPER, run).values()) {
                events.add(manifest.fingerprint().getOrDefault(EVENT, ""));
            }
            known.put(run, events);
        }
        return events;
    }

    /** A folder for each key of each topic. */
    private static String run(ArchivedRecord record) {
        return record.topic() + "-" + new Sha256().add(record.key()).hex().substring(0, KEY_DIGITS);
    }

    /**
     * All that is kept of {@code topic}, in the order in which the brokers took it.
     *
     * @throws io.alignstream.languagemodel.checkpoint.DamagedCheckpointException if a record is not what was kept
     */
    public List<ArchivedRecord> records(Topic<?> topic) throws IOException {
        List<ArchivedRecord> records = new ArrayList<>();
        for (String run : archive.runs(KEEPER)) {
            if (run.startsWith(topic.name() + "-")) {
                for (Reference reference : archive.manifests(KEEPER, run).sequencedKeySet()) {
                    ArchivedRecord record = read(archive.open(reference).folder());
                    if (record.isOf(topic)) {
                        records.add(record);
                    }
                }
            }
        }
        records.sort(ArchivedRecord.ORDER);
        return records;
    }

    private static ArchivedRecord read(Path folder) throws IOException {
        Head head = JSON.readValue(folder.resolve(HEAD).toFile(), Head.class);
        Path value = folder.resolve(VALUE);
        byte[] key = Objects.requireNonNull(new ArchivedRecord.Header("key", head.key()).bytes());
        return new ArchivedRecord(
                head.topic(),
                key,
                head.headers(),
                Files.exists(value) ? Files.readAllBytes(value) : null,
                head.timestamp(),
                head.offset());
    }

    /** The newest of each key of {@code records}, in their order: what the topic comes to. */
    public static SequencedMap<String, ArchivedRecord> newest(List<ArchivedRecord> records) {
        SequencedMap<String, ArchivedRecord> newest = new LinkedHashMap<>();
        records.forEach(record -> newest.putLast(record.keyText(), record));
        return newest;
    }
}
