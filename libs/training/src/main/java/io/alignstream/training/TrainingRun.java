package io.alignstream.training;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.DamagedCheckpointException;
import io.alignstream.languagemodel.checkpoint.Lease;
import io.alignstream.languagemodel.checkpoint.LeaseLostException;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.training.effort.Effort;
import io.alignstream.training.effort.EffortLog;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One training run on frozen inputs: its identity, the checkpoints it saves and the one it resumes from.
 *
 * <p>What changes something {@link #claim claims} the run if that has not happened, and fails with a {@link
 * LeaseLostException} as soon as another process has. For one thread; see {@link TrainingRuns} for where it comes from.
 */
public final class TrainingRun {

    /** Unfinished checkpoints that a run keeps. */
    public static final int KEPT = 2;

    /** Below the store's root: what is kept of steps besides checkpoints. */
    public static final String RECORDS = "records";

    /** How often the owner gives a sign of life. */
    private static final Duration BEAT = Duration.ofMinutes(1);

    private static final Logger LOG = LoggerFactory.getLogger(TrainingRun.class);

    private final CheckpointStore store;
    private final CheckpointStore records;
    private final EffortLog effort;
    private final LostRuns lost;
    private final Manifest frozen;
    private @Nullable Lease lease;
    private long lastBeat;

    TrainingRun(CheckpointStore store, LostRuns lost, Manifest frozen) {
        this.store = store;
        this.lost = lost;
        this.records = store.below(RECORDS);
        this.effort = new EffortLog(store, frozen.stage(), frozen.run());
        this.frozen = frozen;
    }

    /** First 12 hexadecimal digits of a hash of stage, parents, datasets and hyper-parameters. */
    public String id() {
        return frozen.run();
    }

    /**
     * What the run has in common with any other on the same parents and hyper-parameters, whatever data these learn from: 12
     * hexadecimal digits, of a hash as the id's.
     */
    public String family() {
        return TrainingRuns.id(stage(), lineage(), List.of(), frozen.hyperparameters());
    }

    /** What the run is made from. */
    public Lineage lineage() {
        return new Lineage(new TreeMap<>(frozen.parents()));
    }

    /** The stage whose run it is. */
    public Stage stage() {
        return frozen.stage();
    }

    /** Everything configured that shapes the weights. */
    public Map<String, String> hyperparameters() {
        return frozen.hyperparameters();
    }

    /** The topic ranges that the run learns from. */
    public List<DatasetSnapshot> datasets() {
        return frozen.datasets();
    }

    /**
     * Makes this process the run's owner, unless it is already.
     *
     * @throws LeaseLostException if this process has lost the run to one that is alive
     */
    public void claim() throws IOException {
        if (lease == null) {
            lease = lost.claim(store, frozen.stage(), id());
            putAside();
            lastBeat = System.nanoTime();
        }
    }

    /**
     * Makes this process the run's owner, whoever was it before: the run's workers have agreed on that.
     *
     * @return whether it was not its owner before
     */
    boolean takeOver() throws IOException {
        try {
            requireHeld();
        } catch (LeaseLostException e) {
            lease = null;
        }
        if (lease != null) {
            return false;
        }
        lost.forget(id());
        claim();
        return true;
    }

    /** Another worker owns the run from now on. */
    void giveUp() {
        lease = null;
    }

    /** While there is room, as the first collection may come when there is none. */
    private void putAside() {
        try {
            store.reserve();
        } catch (IOException e) {
            LOG.atWarn().setCause(e).log("Cannot put room for notes aside; the next run, or collection, tries again");
        }
    }

    /** Checks that this process is the owner, if it has claimed the run, before something is done that shows elsewhere. */
    public void requireHeld() throws IOException {
        if (lease != null) {
            held(owned -> {
                store.requireHeld(owned);
                return owned;
            });
        }
    }

    /** Gives a sign of life where one is due. */
    void beat() throws IOException {
        if (System.nanoTime() - lastBeat >= BEAT.toNanos()) {
            lastBeat = System.nanoTime();
            held(owned -> {
                store.renew(owned);
                return owned;
            });
        }
    }

    /** What an owner does. */
    @FunctionalInterface
    private interface Act<T> {
        T with(Lease lease) throws IOException;
    }

    private <T> T held(Act<T> act) throws IOException {
        claim();
        Lease owned = Objects.requireNonNull(lease);
        try {
            return act.with(owned);
        } catch (LeaseLostException e) {
            lost.lost(store, owned);
            throw e;
        }
    }

    /** Whether the store knows this run. */
    public boolean hasBegun() throws IOException {
        return store.runs(stage()).contains(id());
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
        return held(owned -> {
            Reference reference = store.save(owned, draft, content);
            store.prune(owned, KEPT, alsoKept);
            return reference;
        });
    }

    /** Adds to what is known of the run's time and energy, beside its checkpoints. */
    void spent(Effort more) throws IOException {
        held(owned -> {
            effort.add(owned, more);
            return owned;
        });
    }

    /**
     * The run's one result, decided once and for ever: {@code complete}, unless it has another.
     *
     * @param complete a finished checkpoint of this run
     */
    public Reference settle(Reference complete) throws IOException {
        return held(owned -> store.settle(owned, complete));
    }

    /**
     * The result is out: deletes the states that the run could have been resumed from.
     *
     * <p>Only a result that others know of is worth more than the way to it.
     */
    public void tidy() throws IOException {
        held(owned -> {
            store.prune(owned, 0, Set.of());
            return owned;
        });
    }

    /** The manifest of one of the run's checkpoints. */
    Manifest manifest(Reference checkpoint) throws IOException {
        return store.manifest(checkpoint);
    }

    /**
     * Keeps what is worth keeping of a step, in a store of its own below {@value #RECORDS}; nothing resumes from it.
     *
     * @param content a function of the run and the step, so that a step that is taken again keeps nothing twice
     */
    public Reference record(long step, CheckpointStore.Content content) throws IOException {
        requireHeld();
        return records.save(frozen.withStep(step).withComplete(false), content);
    }

    /** Goes back to before the first checkpoint: deletes all unfinished ones, and what was kept of steps. */
    public void discard() throws IOException {
        held(owned -> {
            store.prune(owned, 0, Set.of());
            records.prune(owned, 0, Set.of());
            return owned;
        });
    }

    /**
     * Goes back to an earlier checkpoint: opens and checks it and deletes the unfinished ones after it.
     *
     * @param sha256 hash of its manifest
     * @throws IOException if it is missing or damaged; nothing is deleted then
     */
    public StoredCheckpoint rewind(String sha256) throws IOException {
        return held(owned -> {
            store.requireHeld(owned);
            Reference reference = store.manifests(frozen.stage(), id()).keySet().stream()
                    .filter(stored -> stored.sha256().equals(sha256))
                    .findFirst()
                    .orElseThrow(() -> new DamagedCheckpointException(
                            "run " + id() + " has no checkpoint " + sha256 + " to go back to"));
            StoredCheckpoint checkpoint = store.open(reference);
            long step = checkpoint.manifest().step();
            store.rewind(owned, step);
            store.requireHeld(owned);
            records.rewind(owned, step); // what was kept of steps that are taken again otherwise
            return checkpoint;
        });
    }
}
