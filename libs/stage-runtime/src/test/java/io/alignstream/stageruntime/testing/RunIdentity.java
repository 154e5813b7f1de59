package io.alignstream.stageruntime.testing;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.training.Lineage;
import io.alignstream.training.TrainingRuns;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What hyper-parameters make of a run, for the tests that pin it. */
public final class RunIdentity {

    private static final Lineage PARENTS =
            Lineage.of("parent", new Reference(URI.create("file:/store/parent"), "0123456789abcdef".repeat(4), 1));
    private static final List<DatasetSnapshot> DATASETS =
            List.of(new DatasetSnapshot("data", List.of(new DatasetSnapshot.PartitionRange(0, 3, 70))));

    private RunIdentity() {}

    /** The hyper-parameters, one {@code key=value} a line, sorted by key. */
    public static String lines(Map<String, String> hyperparameters) {
        StringBuilder lines = new StringBuilder();
        new TreeMap<>(hyperparameters).forEach((key, value) -> lines.append(key + "=" + value + "\n"));
        return lines.toString();
    }

    /**
     * The id of a run with one parent and one dataset, always the same.
     *
     * @param folder for a store, empty
     */
    public static String id(Stage stage, Map<String, String> hyperparameters, Path folder) throws IOException {
        try (CheckpointStore store = CheckpointStore.open(folder.toUri(), folder.resolve("cache"))) {
            return new TrainingRuns(store, stage)
                    .of(PARENTS, DATASETS, hyperparameters)
                    .id();
        }
    }
}
