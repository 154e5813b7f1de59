package io.alignstream.training;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import java.io.IOException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The runs of one stage: names new ones and finds the one that is open.
 *
 * <p>A run's id is a hash of all its inputs, so the same inputs are the same run wherever and whenever it is asked for.
 * Thread-safe.
 */
public final class TrainingRuns {

    private static final int ID_DIGITS = 12;

    private final CheckpointStore store;
    private final Stage stage;
    private final LostRuns lost = new LostRuns();
    private volatile List<StoredRun> known = List.of();

    public TrainingRuns(CheckpointStore store, Stage stage) {
        this.store = store;
        this.stage = stage;
    }

    /** The run on these inputs, begun or not. */
    public TrainingRun of(Lineage lineage, List<DatasetSnapshot> datasets, Map<String, String> hyperparameters) {
        String id = id(stage, lineage, datasets, hyperparameters);
        return new TrainingRun(
                store,
                lost,
                Manifest.draft(stage, id, 0)
                        .withParents(lineage.parents())
                        .withDatasets(datasets)
                        .withHyperparameters(hyperparameters));
    }

    /** Reads what the store holds of this stage, sorted by id. */
    public List<StoredRun> stored() throws IOException {
        known = StoredRun.list(store, stage, known);
        return known;
    }

    /**
     * Manifest hashes of the stage's finished models whose training can go on, since the store still holds its state;
     * retention may have taken that of others.
     */
    public Set<String> continuable() throws IOException {
        Set<String> continuable = new HashSet<>();
        for (String run : store.runs(stage)) {
            for (CheckpointStore.Holding holding : store.holdings(stage, run).checkpoints()) {
                if (holding.manifest().complete() && holding.files().containsKey(StoredState.FILE)) {
                    continuable.add(holding.reference().sha256());
                }
            }
        }
        return Set.copyOf(continuable);
    }

    /**
     * The open run on these parents and hyper-parameters, on whatever datasets: one that a killed process has left in the
     * middle, else one that is complete but was never published.
     *
     * @param stored what the store holds of this stage
     * @param published ids of runs whose results are published
     * @param abandoned ids of runs that give way to others
     */
    public Optional<TrainingRun> open(
            Lineage lineage,
            Map<String, String> hyperparameters,
            Collection<StoredRun> stored,
            Collection<String> published,
            Set<String> abandoned) {
        Optional<TrainingRun> interrupted = stored.stream()
                .filter(run -> !run.complete() && !abandoned.contains(run.id()))
                .flatMap(run -> same(run, lineage, hyperparameters).stream())
                .findFirst();
        return interrupted.or(() -> stored.stream()
                .filter(run -> run.complete() && !published.contains(run.id()) && !abandoned.contains(run.id()))
                .flatMap(run -> same(run, lineage, hyperparameters).stream())
                .findFirst());
    }

    private Optional<TrainingRun> same(StoredRun stored, Lineage lineage, Map<String, String> hyperparameters) {
        TrainingRun run = of(lineage, stored.datasets(), hyperparameters);
        return run.id().equals(stored.id()) ? Optional.of(run) : Optional.empty();
    }

    /** The id of a run of {@code stage}. */
    static String id(
            Stage stage, Lineage lineage, List<DatasetSnapshot> datasets, Map<String, String> hyperparameters) {
        StringBuilder inputs = new StringBuilder(stage.id()).append('\n');
        lineage.parents()
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
            if (dataset.content() != null) {
                inputs.append(' ').append(dataset.content());
            }
            inputs.append('\n');
        });
        new TreeMap<>(hyperparameters)
                .forEach((name, value) ->
                        inputs.append(name).append('=').append(value).append('\n'));
        return id(inputs.toString());
    }

    /** The id of the run on {@code inputs}, written out. */
    static String id(String inputs) {
        return Sha256.hex(inputs).substring(0, ID_DIGITS);
    }
}
