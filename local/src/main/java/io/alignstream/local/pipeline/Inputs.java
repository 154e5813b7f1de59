package io.alignstream.local.pipeline;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.local.site.KafkaConnection;
import io.alignstream.local.site.LaunchException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Tells which finished artefacts lack inputs that came later.
 *
 * <p>Remembers for each stage how far its own input topic reached when it was last asked for, and which artefact was its
 * newest then: if the topic has grown, that artefact is stale, and a pass is complete only with a newer one. An artefact
 * that a broker has lost since makes no other stale.
 */
public final class Inputs {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private static final Map<Stage, Topic<?>> OWN_INPUT = Map.of(
            Stage.TOKENIZER, Topic.DOCUMENTS,
            Stage.SFT, Topic.INSTRUCTIONS,
            Stage.REWARD, Topic.RANKINGS,
            Stage.RLHF, Topic.PROMPTS);

    private Inputs() {}

    private record Seen(long inputEnd, long staleOffset) {}

    /** Number of records in the topic that only {@code stage} reads. */
    public static long end(KafkaConnection connection, Stage stage) {
        Topic<?> topic = OWN_INPUT.get(stage);
        if (topic == null) {
            throw new IllegalArgumentException(stage + " has no input of its own");
        }
        return end(connection, topic);
    }

    private static long end(KafkaConnection connection, Topic<?> topic) {
        try (TopicLog log = new TopicLog(connection, List.of(topic.name()))) {
            return log.end();
        }
    }

    /**
     * Compares the topics with what {@code file} remembers and remembers the present.
     *
     * @return for each stage the offset of its newest artefact that does not count any more, -1 if all count
     */
    public static Map<Stage, Long> stale(Path file, KafkaConnection connection, Registry registry) {
        Map<String, Seen> seen = read(file);
        Map<Stage, Long> stale = new EnumMap<>(Stage.class);
        for (Stage stage : OWN_INPUT.keySet()) {
            long end = end(connection, stage);
            Seen before = seen.get(stage.id());
            if (before == null || before.inputEnd() != end) {
                before = new Seen(end, registry.newestOffset(stage));
                seen.put(stage.id(), before);
            } else if (before.staleOffset() >= 0 && before.staleOffset() >= end(connection, artefacts(stage))) {
                before = new Seen(end, -1);
                seen.put(stage.id(), before);
            }
            stale.put(stage, before.staleOffset());
        }
        write(file, seen);
        return stale;
    }

    private static Topic<?> artefacts(Stage stage) {
        return stage == Stage.TOKENIZER ? Topic.TOKENIZERS : Topic.CHECKPOINTS;
    }

    private static Map<String, Seen> read(Path file) {
        if (!Files.isRegularFile(file)) {
            return new LinkedHashMap<>();
        }
        try {
            return JSON.readValue(file.toFile(), new TypeReference<LinkedHashMap<String, Seen>>() {});
        } catch (IOException e) {
            throw new LaunchException(file + " is damaged (" + e.getMessage() + "); delete it.", e);
        }
    }

    private static void write(Path file, Map<String, Seen> seen) {
        try {
            Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
            JSON.writeValue(temporary.toFile(), seen);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new LaunchException("Cannot write " + file + ": " + e.getMessage(), e);
        }
    }
}
