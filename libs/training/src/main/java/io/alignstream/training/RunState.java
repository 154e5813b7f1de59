package io.alignstream.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a {@link Trainer} knows of a run besides the loop's own state: everything that its next decision depends on.
 *
 * <p>It lies in every checkpoint, in one file with the loop's notes, so a run that goes on from one decides as the
 * undisturbed run did. Immutable.
 *
 * @param anchor whether the checkpoint that holds this state is one that a failing run goes back to
 * @param anchors manifest hashes of the older ones that are left, oldest first
 * @param anchorSteps their steps
 * @param recovery what was done about failures
 * @param best the best evaluation
 */
public record RunState(
        boolean anchor, List<String> anchors, List<Long> anchorSteps, Recovery recovery, BestModel best) {

    static final String FILE = "training-state.json";

    /** With two, a run that fails again can go back further. */
    static final int ANCHORS = 2;

    static final RunState NEW = new RunState(false, List.of(), List.of(), Recovery.NONE, BestModel.NONE);

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    public RunState {
        anchors = List.copyOf(anchors);
        anchorSteps = List.copyOf(anchorSteps);
    }

    RunState with(Recovery newRecovery) {
        return new RunState(anchor, anchors, anchorSteps, newRecovery, best);
    }

    RunState with(BestModel newBest) {
        return new RunState(anchor, anchors, anchorSteps, recovery, newBest);
    }

    /** As it is stored: {@code isAnchor} tells of the checkpoint itself. */
    RunState stored(boolean isAnchor) {
        return new RunState(isAnchor, anchors, anchorSteps, recovery, best);
    }

    /** After the checkpoint with manifest hash {@code sha256} was stored with this state, or opened. */
    RunState afterCheckpoint(String sha256, long step) {
        if (!anchor) {
            return this;
        }
        List<String> hashes = new ArrayList<>(anchors);
        List<Long> steps = new ArrayList<>(anchorSteps);
        hashes.add(sha256);
        steps.add(step);
        if (hashes.size() > ANCHORS) {
            hashes.removeFirst();
            steps.removeFirst();
        }
        return new RunState(false, hashes, steps, recovery, best);
    }

    /** Of a run that went back to the newest anchor of this state: older ones may be gone. */
    RunState recovered(Recovery newRecovery) {
        return new RunState(false, List.of(anchors.getLast()), List.of(anchorSteps.getLast()), newRecovery, best);
    }

    /** Writes this state and the loop's notes into the folder of a checkpoint. */
    void write(Path folder, Object notes) throws IOException {
        SortedMap<String, JsonNode> all = new TreeMap<>();
        for (Object part : List.of(this, notes)) {
            JSON.valueToTree(part).properties().forEach(field -> all.put(field.getKey(), field.getValue()));
        }
        Files.writeString(folder.resolve(FILE), JSON.writeValueAsString(all) + "\n", StandardCharsets.UTF_8);
    }

    /** This state alone. */
    String json() throws IOException {
        return JSON.writeValueAsString(this);
    }

    /** What {@link #json} gave. */
    static RunState of(String json) throws IOException {
        return JSON.readValue(json, RunState.class);
    }

    /** Whether the folder of an unfinished checkpoint holds a state: those that versions before the trainer wrote may not. */
    static boolean isIn(Path folder) {
        return Files.exists(folder.resolve(FILE));
    }

    /** The state in the folder of a checkpoint. */
    static RunState read(Path folder) throws IOException {
        return read(folder, RunState.class);
    }

    /**
     * A loop's notes in the folder of a checkpoint.
     *
     * @param type of the record that {@link TrainingLoop#notes} gave
     */
    static <T> T notes(Path folder, Class<T> type) throws IOException {
        return read(folder, type);
    }

    private static <T> T read(Path folder, Class<T> type) throws IOException {
        Path file = folder.resolve(FILE);
        try {
            return JSON.readValue(Files.readString(file, StandardCharsets.UTF_8), type);
        } catch (JsonProcessingException e) {
            throw new IOException(file + " is not what a run writes: " + e.getOriginalMessage(), e);
        }
    }
}
