package io.alignstream.languagemodel.checkpoint;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What every back end shares: order, and leaving out what is damaged. */
abstract class VerifyingCheckpointStore implements CheckpointStore {

    private static final Logger LOG = LoggerFactory.getLogger(VerifyingCheckpointStore.class);

    // A finished checkpoint goes before an unfinished one of the same step.
    private static final Comparator<CheckpointFiles.IdentifiedManifest> NEWEST_FIRST = Comparator.comparingLong(
                    (CheckpointFiles.IdentifiedManifest identified) ->
                            -identified.manifest().step())
            .thenComparing(identified -> !identified.manifest().complete())
            .thenComparing(CheckpointFiles.IdentifiedManifest::sha256);

    /** Names of a run's checkpoints, in any order; empty if there is no such run. */
    abstract List<CheckpointName> names(Stage stage, String run) throws IOException;

    abstract CheckpointFiles.IdentifiedManifest manifest(CheckpointName name) throws IOException;

    /** Whether the checkpoint is fit to be kept: as {@link #open}, but a remote one may be left where it is. */
    abstract void verify(Reference reference) throws IOException;

    abstract void delete(CheckpointName name) throws IOException;

    @Override
    public Manifest manifest(Reference reference) throws IOException {
        CheckpointFiles.IdentifiedManifest found = manifest(CheckpointName.of(reference));
        if (!found.sha256().equals(reference.sha256())) {
            throw new DamagedCheckpointException("the manifest of " + reference.uri() + " has sha256 " + found.sha256()
                    + " but should have " + reference.sha256());
        }
        return found.manifest();
    }

    @Override
    public SequencedMap<Reference, Manifest> manifests(Stage stage, String run) throws IOException {
        Manifest.requireName("run", run);
        List<CheckpointFiles.IdentifiedManifest> valid = new ArrayList<>();
        for (CheckpointName name : names(stage, run)) {
            try {
                valid.add(manifest(name));
            } catch (DamagedCheckpointException e) {
                warn(name.path(), e);
            }
        }
        valid.sort(NEWEST_FIRST);
        SequencedMap<Reference, Manifest> manifests = new LinkedHashMap<>();
        valid.forEach(identified -> manifests.put(identified.reference(), identified.manifest()));
        return manifests;
    }

    @Override
    public List<StoredCheckpoint> list(Stage stage, String run) throws IOException {
        return openUpTo(Integer.MAX_VALUE, stage, run);
    }

    @Override
    public Optional<StoredCheckpoint> newest(Stage stage, String run) throws IOException {
        return openUpTo(1, stage, run).stream().findFirst();
    }

    private List<StoredCheckpoint> openUpTo(int count, Stage stage, String run) throws IOException {
        List<StoredCheckpoint> opened = new ArrayList<>();
        for (Reference reference : manifests(stage, run).keySet()) {
            if (opened.size() == count) {
                break;
            }
            try {
                opened.add(open(reference));
            } catch (DamagedCheckpointException e) {
                warn(reference.uri(), e);
            }
        }
        return opened;
    }

    @Override
    public void prune(Stage stage, String run, int keep, Set<String> alsoKept) throws IOException {
        int kept = 0;
        for (Map.Entry<Reference, Manifest> entry : manifests(stage, run).entrySet()) {
            if (entry.getValue().complete()) {
                continue;
            }
            if (kept < keep) {
                // A damaged one is no substitute for an older valid one.
                kept += isValid(entry.getKey()) ? 1 : 0;
            } else if (!alsoKept.contains(entry.getKey().sha256())) {
                delete(CheckpointName.of(entry.getKey()));
            }
        }
    }

    @Override
    public void rewind(Stage stage, String run, String sha256) throws IOException {
        for (Map.Entry<Reference, Manifest> entry : manifests(stage, run).entrySet()) {
            if (entry.getKey().sha256().equals(sha256)) {
                return;
            }
            if (!entry.getValue().complete()) {
                delete(CheckpointName.of(entry.getKey()));
            }
        }
    }

    private boolean isValid(Reference reference) throws IOException {
        try {
            verify(reference);
            return true;
        } catch (DamagedCheckpointException e) {
            warn(reference.uri(), e);
            return false;
        }
    }

    private static void warn(Object checkpoint, DamagedCheckpointException e) {
        LOG.atWarn()
                .addKeyValue("checkpoint", checkpoint)
                .addKeyValue("damage", e.getMessage())
                .log("Left out a damaged checkpoint");
    }
}
