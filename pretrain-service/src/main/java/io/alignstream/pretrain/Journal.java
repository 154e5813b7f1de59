package io.alignstream.pretrain;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a run knows besides weights and moments: everything that its next decision depends on; immutable.
 *
 * <p>It lies beside the weights in every checkpoint, so a run that goes on from one decides as the undisturbed run did.
 *
 * @param anchor whether the checkpoint that holds this journal is one that a failing run goes back to
 * @param anchors manifest hashes of the older ones that are left, oldest first
 * @param anchorSteps their steps
 * @param guard the recent losses
 * @param recovery what was done about failures
 * @param best the best validation
 * @param trainedNats loss of the training text since the last validation
 * @param trainedBytes size of the training text since the last validation
 */
record Journal(
        boolean anchor,
        List<String> anchors,
        List<Long> anchorSteps,
        LossGuard guard,
        Recovery recovery,
        BestModel best,
        double trainedNats,
        long trainedBytes) {

    static final String FILE = "training-state.json";

    /** With two, a run that fails again can go back further. */
    static final int ANCHORS = 2;

    static final Journal NEW =
            new Journal(false, List.of(), List.of(), LossGuard.NEW, Recovery.NONE, BestModel.NONE, 0, 0);

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build();

    Journal {
        anchors = List.copyOf(anchors);
        anchorSteps = List.copyOf(anchorSteps);
    }

    Journal with(LossGuard newGuard) {
        return new Journal(anchor, anchors, anchorSteps, newGuard, recovery, best, trainedNats, trainedBytes);
    }

    Journal with(BestModel newBest) {
        return new Journal(anchor, anchors, anchorSteps, guard, recovery, newBest, trainedNats, trainedBytes);
    }

    /** After text was trained on, or from nothing after a validation. */
    Journal withText(double nats, long bytes) {
        return new Journal(anchor, anchors, anchorSteps, guard, recovery, best, nats, bytes);
    }

    /** As it is stored: {@code isAnchor} tells of the checkpoint itself. */
    Journal stored(boolean isAnchor) {
        return new Journal(isAnchor, anchors, anchorSteps, guard, recovery, best, trainedNats, trainedBytes);
    }

    /** After the checkpoint with manifest hash {@code sha256} was stored with this journal, or opened. */
    Journal afterCheckpoint(String sha256, long step) {
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
        return new Journal(false, hashes, steps, guard, recovery, best, trainedNats, trainedBytes);
    }

    /** Of a run that went back to the newest anchor of this journal: older ones may be gone. */
    Journal recovered(Recovery newRecovery) {
        return new Journal(
                false,
                List.of(anchors.getLast()),
                List.of(anchorSteps.getLast()),
                guard,
                newRecovery,
                best,
                trainedNats,
                trainedBytes);
    }

    void write(Path folder) throws IOException {
        Files.writeString(folder.resolve(FILE), JSON.writeValueAsString(this) + "\n", StandardCharsets.UTF_8);
    }

    static Journal read(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        try {
            return JSON.readValue(Files.readString(file, StandardCharsets.UTF_8), Journal.class);
        } catch (JsonProcessingException e) {
            throw new IOException(file + " is not what a run writes: " + e.getOriginalMessage(), e);
        }
    }
}
