package io.alignstream.training;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.DamagedCheckpointException;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * One training run on frozen inputs: its identity, the checkpoints it saves and the one it resumes from.
 *
 * <p>For one thread; see {@link TrainingRuns} for where it comes from.
 */
public final class TrainingRun {

    /** Unfinished checkpoints that a run keeps. */
    public static final int KEPT = 2;

    /** Below the store's root: what is kept of steps besides checkpoints. */
    public static final String RECORDS = "records";

    private final CheckpointStore store;
    private final CheckpointStore records;
    private final Manifest frozen;

    TrainingRun(CheckpointStore store, Manifest frozen) {
        this.store = store;
        this.records = store.below(RECORDS);
        this.frozen = frozen;
    }

    /** First 12 hexadecimal digits of a hash of stage, parents, datasets and hyper-parameters. */
    public String id() {
        return frozen.run();
    }

    /** What the run is made from. */
    public Lineage lineage() {
        return new Lineage(new TreeMap<>(frozen.parents()));
    }

    /** The stage whose run it is. */
    public Stage stage() {
        return frozen.stage();
    }

    /** The topic ranges that the run learns from. */
    public List<DatasetSnapshot> datasets() {
        return frozen.datasets();
    }

    /** The newest valid checkpoint, complete or not, opened and checked; empty if the run has not begun. */
    public Optional<StoredCheckpoint> newest() throws IOException {
        return store.newest(frozen.stage(), id());
    }

    /**
     * Saves a checkpoint, then deletes older unfinished ones but the {@value #KEPT} newest and those to {@link #rewind} to.
     *
     * @param step optimiser steps done; save step 0 first, it freezes the inputs
     * @param complete whether the run ends here
     * @param position where reading resumes
     * @param metrics finite figures; nothing that depends on the clock
     * @param fingerprint software and processor that made the weights
     * @param alsoKept manifest hashes of unfinished checkpoints that are not deleted
     */
    public Reference save(
            long step,
            boolean complete,
            Map<String, Long> position,
            Map<String, Double> metrics,
            Map<String, String> fingerprint,
            Set<String> alsoKept,
            CheckpointStore.Content content)
            throws IOException {
        Manifest draft = frozen.withStep(step)
                .withComplete(complete)
                .withPosition(position)
                .withMetrics(metrics)
                .withFingerprint(fingerprint);
        Reference reference = store.save(draft, content);
        store.prune(frozen.stage(), id(), KEPT, alsoKept);
        return reference;
    }

    /**
     * Keeps what is worth keeping of a step, in a store of its own below {@value #RECORDS}; nothing resumes from it.
     *
     * @param content a function of the run and the step, so that a step that is taken again keeps nothing twice
     */
    public Reference record(long step, CheckpointStore.Content content) throws IOException {
        return records.save(frozen.withStep(step).withComplete(false), content);
    }

    /** Goes back to before the first checkpoint: deletes all unfinished ones, and what was kept of steps. */
    public void discard() throws IOException {
        store.prune(frozen.stage(), id(), 0);
        records.prune(frozen.stage(), id(), 0);
    }

    /**
     * Goes back to an earlier checkpoint: opens and checks it and deletes the unfinished ones after it.
     *
     * @param sha256 hash of its manifest
     * @throws IOException if it is missing or damaged; nothing is deleted then
     */
    public StoredCheckpoint rewind(String sha256) throws IOException {
        Reference reference = store.manifests(frozen.stage(), id()).keySet().stream()
                .filter(stored -> stored.sha256().equals(sha256))
                .findFirst()
                .orElseThrow(() -> new DamagedCheckpointException(
                        "run " + id() + " has no checkpoint " + sha256 + " to go back to"));
        StoredCheckpoint checkpoint = store.open(reference);
        store.rewind(frozen.stage(), id(), sha256);
        forgetAfter(checkpoint.manifest().step());
        return checkpoint;
    }

    /** What was kept of steps that are taken again otherwise. */
    private void forgetAfter(long step) throws IOException {
        Optional<Reference> last = records.manifests(frozen.stage(), id()).entrySet().stream()
                .filter(kept -> kept.getValue().step() <= step)
                .map(Map.Entry::getKey)
                .findFirst();
        if (last.isPresent()) {
            records.rewind(frozen.stage(), id(), last.get().sha256());
        } else {
            records.prune(frozen.stage(), id(), 0);
        }
    }
}
