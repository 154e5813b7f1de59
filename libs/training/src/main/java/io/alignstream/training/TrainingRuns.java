package io.alignstream.training;

import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.hash.Sha256;
import java.io.IOException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The runs of one stage in a store: starts new ones and finds the one that was interrupted.
 *
 * <p>A run's id is a hash of all its inputs, so the same inputs are the same run wherever and whenever it is asked for.
 * For one thread.
 */
public final class TrainingRuns {

    private static final int ID_DIGITS = 12;

    private final CheckpointStore store;
    private final Stage stage;
    // A complete run stays complete, so its manifests are read once.
    private final Set<String> complete = new HashSet<>();

    public TrainingRuns(CheckpointStore store, Stage stage) {
        this.store = store;
        this.stage = stage;
    }

    /** The run on these inputs, begun or not. */
    public TrainingRun of(
            Map<String, Reference> parents, List<DatasetSnapshot> datasets, Map<String, String> hyperparameters) {
        String id = id(parents, datasets, hyperparameters);
        return new TrainingRun(
                store,
                Manifest.draft(stage, id, 0)
                        .withParents(parents)
                        .withDatasets(datasets)
                        .withHyperparameters(hyperparameters));
    }

    /** The run on these parents and hyper-parameters, on whatever datasets, that has begun and is not complete. */
    public Optional<TrainingRun> interrupted(Map<String, Reference> parents, Map<String, String> hyperparameters)
            throws IOException {
        for (String id : store.runs(stage)) {
            if (complete.contains(id)) {
                continue;
            }
            Collection<Manifest> manifests = store.manifests(stage, id).values();
            if (manifests.stream().anyMatch(Manifest::complete)) {
                complete.add(id);
            } else if (!manifests.isEmpty()) {
                TrainingRun run = of(parents, manifests.iterator().next().datasets(), hyperparameters);
                if (run.id().equals(id)) {
                    return Optional.of(run);
                }
            }
        }
        return Optional.empty();
    }

    /**
     * The run on these parents and hyper-parameters, on whatever datasets, that is complete but not among {@code
     * published}: its process died between saving and publishing.
     */
    public Optional<TrainingRun> unpublished(
            Map<String, Reference> parents, Map<String, String> hyperparameters, Collection<String> published)
            throws IOException {
        for (String id : store.runs(stage)) {
            Optional<Manifest> finished = published.contains(id)
                    ? Optional.empty()
                    : store.manifests(stage, id).values().stream()
                            .filter(Manifest::complete)
                            .findFirst();
            if (finished.isPresent()) {
                TrainingRun run = of(parents, finished.get().datasets(), hyperparameters);
                if (run.id().equals(id)) {
                    return Optional.of(run);
                }
            }
        }
        return Optional.empty();
    }

    private String id(
            Map<String, Reference> parents, List<DatasetSnapshot> datasets, Map<String, String> hyperparameters) {
        StringBuilder inputs = new StringBuilder(stage.id()).append('\n');
        new TreeMap<>(parents)
                .forEach((role, parent) ->
                        inputs.append(role).append('=').append(parent.sha256()).append('\n'));
        datasets.forEach(dataset -> {
            inputs.append(dataset.topic());
            dataset.partitions().forEach(range -> inputs.append(' ')
                    .append(range.partition())
                    .append(':')
                    .append(range.begin())
                    .append('-')
                    .append(range.end()));
            inputs.append('\n');
        });
        new TreeMap<>(hyperparameters)
                .forEach((name, value) ->
                        inputs.append(name).append('=').append(value).append('\n'));
        return Sha256.hex(inputs.toString()).substring(0, ID_DIGITS);
    }
}
