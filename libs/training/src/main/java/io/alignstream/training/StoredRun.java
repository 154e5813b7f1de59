package io.alignstream.training;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A run of which the store holds a checkpoint; a fact, read once and compared with what should be.
 *
 * @param id of the run
 * @param finished manifest hashes of its finished models: none while the run is open, and one for each kind of processor
 *     that has brought it to its end
 * @param datasets what it learns from
 * @param hyperparameters what it was configured with
 */
public record StoredRun(
        String id, Set<String> finished, List<DatasetSnapshot> datasets, Map<String, String> hyperparameters) {

    public StoredRun {
        finished = Set.copyOf(finished);
        datasets = List.copyOf(datasets);
        hyperparameters = Map.copyOf(hyperparameters);
    }

    /** Whether it has come to its end. */
    public boolean complete() {
        return !finished.isEmpty();
    }

    /**
     * The runs of {@code stage} in {@code store}, sorted by id.
     *
     * @param known those of an earlier call; a complete run stays as it is, so its manifests are not read again
     */
    public static List<StoredRun> list(CheckpointStore store, Stage stage, Collection<StoredRun> known)
            throws IOException {
        List<StoredRun> runs = new ArrayList<>();
        List<String> ids = store.runs(stage);
        Set<String> present = Set.copyOf(ids);
        known.stream()
                .filter(run -> run.complete() && present.contains(run.id()))
                .forEach(runs::add);
        Set<String> settled = Set.copyOf(runs.stream().map(StoredRun::id).toList());
        for (String id : ids) {
            if (!settled.contains(id)) {
                SequencedMap<Reference, Manifest> manifests = store.manifests(stage, id);
                if (!manifests.isEmpty()) {
                    runs.add(of(id, manifests));
                }
            }
        }
        runs.sort((one, other) -> one.id().compareTo(other.id()));
        return List.copyOf(runs);
    }

    private static StoredRun of(String id, SequencedMap<Reference, Manifest> manifests) {
        Set<String> finished = manifests.entrySet().stream()
                .filter(stored -> stored.getValue().complete())
                .map(stored -> stored.getKey().sha256())
                .collect(Collectors.toSet());
        Manifest any = manifests.firstEntry().getValue();
        return new StoredRun(id, finished, any.datasets(), any.hyperparameters());
    }
}
