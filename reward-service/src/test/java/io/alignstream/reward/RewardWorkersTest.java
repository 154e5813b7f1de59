package io.alignstream.reward;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.training.Lineage;
import io.alignstream.training.Monitor;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingRuns;
import io.alignstream.training.samples.SampleSettings;
import io.alignstream.training.testing.CollectiveLibraryOfBuild;
import io.alignstream.training.testing.WorkerThreads;
import io.alignstream.training.workers.Workers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several workers that train judge and reward models together, each a thread, over real process groups. */
class RewardWorkersTest {

    private static final int SHARDS = 4;

    private final RewardSettings settings = RewardLoopTest.settings(Map.of(
            "alignstream.reward.shards", Integer.toString(SHARDS),
            "alignstream.reward.training.ensemble", "2",
            "alignstream.reward.training.epochs", "3",
            "alignstream.reward.checkpoint-every", "4",
            "alignstream.reward.validate-every", "4",
            "alignstream.reward.patience", "1000"));

    @TempDir
    private Path folder;

    @BeforeAll
    static void library() {
        CollectiveLibraryOfBuild.use();
    }

    @Test
    void any_number_of_workers_trains_the_same_models() throws Exception {
        // Given
        String alone = alone();

        for (int workers = 1; workers <= 3; workers += 2) {
            // When
            String together = together("together" + workers, workers, (worker, group) -> group);

            // Then
            assertThat(together).as("%d workers", workers).isEqualTo(alone);
        }
    }

    /** What the first network learns from a step is known then: it must not have learned it. */
    @Test
    void a_worker_that_dies_between_two_networks_of_a_step_changes_nothing() throws Exception {
        // Given
        String alone = alone();

        // When: it dies where the third network, after judge and reward model, adds up its first gradients
        Set<Integer> deaths = ConcurrentHashMap.newKeySet();
        Set<Object> networks = Collections.newSetFromMap(new IdentityHashMap<>());
        String together = together(
                "dying",
                3,
                (worker, group) -> worker != 1
                        ? group
                        : WorkerThreads.dying(
                                group,
                                added -> added.size() == 2
                                        && networks.add(added.getLast())
                                        && networks.size() == 3
                                        && deaths.add(worker)));

        // Then
        assertThat(deaths).containsExactly(1);
        assertThat(together).isEqualTo(alone);
    }

    /** How a worker sees the others. */
    @FunctionalInterface
    private interface View {
        Workers of(int worker, Workers group);
    }

    private String alone() throws IOException {
        try (CheckpointStore store = store("alone")) {
            return train(store, Workers.alone(SHARDS))
                    .orElseThrow()
                    .checkpoint()
                    .sha256();
        }
    }

    /** The sha256 of the checkpoint that the workers come to, of whom one returns it. */
    private String together(String name, int workers, View view) throws Exception {
        List<String> results = Collections.synchronizedList(new ArrayList<>());
        WorkerThreads.work(workers, SHARDS, (worker, group) -> {
            try (CheckpointStore store = store(name)) {
                train(store, view.of(worker, group))
                        .ifPresent(result -> results.add(result.checkpoint().sha256()));
            }
        });
        assertThat(Set.copyOf(results)).hasSize(1);
        return results.getFirst();
    }

    private Optional<Trainer.Result> train(CheckpointStore store, Workers workers) throws IOException {
        try (RewardLoop.Inputs inputs = new RewardLoop.Inputs(
                settings,
                Transformer.initialise(RewardLoopTest.SIZE, 1),
                TinySft.TOKENIZER,
                RewardLoopTest.requests(40),
                workers)) {
            return new Trainer(
                            new TrainingRuns(store, Stage.REWARD)
                                    .of(Lineage.NONE, List.of(), settings.hyperparameters()),
                            inputs,
                            settings.training(),
                            SampleSettings.NONE,
                            Monitor.SILENT,
                            workers)
                    .train();
        }
    }

    private CheckpointStore store(String name) throws IOException {
        return CheckpointStore.open(folder.resolve(name).toUri(), folder.resolve("cache"));
    }
}
