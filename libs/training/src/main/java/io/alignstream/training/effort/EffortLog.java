package io.alignstream.training.effort;

import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Lease;
import io.alignstream.languagemodel.checkpoint.LeaseLostException;
import io.alignstream.languagemodel.checkpoint.Manifest;
import java.io.IOException;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a run has taken so far, as a note of some hundred bytes in a store of its own below the store's root; each note replaces
 * the one before. For one thread.
 *
 * <p>It is for people's eyes and nothing depends on it: what cannot be written is logged and added to the next note. What a
 * killed process has done since its last note is not known.
 */
public final class EffortLog {

    /** Below the store's root: what runs have taken. */
    public static final String EFFORTS = "efforts";

    private static final Logger LOG = LoggerFactory.getLogger(EffortLog.class);
    private static final CheckpointStore.Content NO_FILES = folder -> {};

    private final CheckpointStore efforts;
    private final Stage stage;
    private final String run;
    private Effort unwritten = Effort.NONE;

    /** Of a run with checkpoints in {@code store}. */
    public EffortLog(CheckpointStore store, Stage stage, String run) {
        this.efforts = store.below(EFFORTS);
        this.stage = stage;
        this.run = run;
    }

    /** What is known; {@link Effort#NONE} if nothing is. */
    public Effort sum() throws IOException {
        return newest().effort();
    }

    /**
     * Adds to what is known.
     *
     * @throws LeaseLostException if the run has another owner by now, who counts for itself
     */
    public void add(Lease lease, Effort more) throws LeaseLostException {
        unwritten = unwritten.plus(more);
        try {
            Note newest = newest();
            efforts.save(
                    lease,
                    Manifest.draft(stage, run, newest.number() + 1)
                            .withMetrics(newest.effort().plus(unwritten).figures()),
                    NO_FILES);
            unwritten = Effort.NONE;
            efforts.prune(lease, 1, Set.of());
        } catch (LeaseLostException e) {
            throw e;
        } catch (IOException e) {
            LOG.atWarn().addKeyValue("runId", run).setCause(e).log("What the run has taken is written down later");
        }
    }

    /** A note with its place in the order of all. */
    private record Note(long number, Effort effort) {}

    private Note newest() throws IOException {
        Note newest = new Note(0, Effort.NONE);
        for (Manifest manifest : efforts.manifests(stage, run).values()) {
            if (manifest.step() > newest.number()) {
                newest = new Note(manifest.step(), Effort.of(manifest.metrics()));
            }
        }
        return newest;
    }
}
