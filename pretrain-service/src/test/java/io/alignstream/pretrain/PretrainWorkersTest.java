package io.alignstream.pretrain;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.objective.PretrainingObjective;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.optimiser.OuterNesterov;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.pretrain.data.SequenceSource;
import io.alignstream.training.Lineage;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingRuns;
import io.alignstream.training.samples.SampleSettings;
import io.alignstream.training.testing.CollectiveLibraryOfBuild;
import io.alignstream.training.testing.Recorder;
import io.alignstream.training.testing.WorkerThreads;
import io.alignstream.training.workers.Disagreement;
import io.alignstream.training.workers.Standing;
import io.alignstream.training.workers.Workers;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several workers of one run, each a thread with a network, a data reader and a trainer of its own, over real process groups. */
class PretrainWorkersTest {

    private static final int SHARDS = 4;
    private static final int BATCH = 8;
    private static final int STEPS = 30;
    private static final Tokenizer TOKENIZER = TinyText.tokenizer();
    private static final Optional<PretrainSettings.LocalSgd> ROUNDS =
            Optional.of(new PretrainSettings.LocalSgd(5, new OuterNesterov.Settings(0.7, 0.9)));

    @TempDir
    private Path folder;

    private PretrainSettings settings = settings(Optional.empty());

    @BeforeAll
    static void library() {
        CollectiveLibraryOfBuild.use();
    }

    @Test
    void any_number_of_workers_trains_the_same_model() throws Exception {
        // Given
        String alone = alone("alone");

        for (int workers = 1; workers <= SHARDS + 1; workers++) {
            // When
            String together = together("together" + workers, workers, (worker, step) -> {});

            // Then
            assertThat(together).as("%d workers", workers).isEqualTo(alone);
        }
    }

    @Test
    void any_number_of_workers_hides_and_finds_the_same_tokens() throws Exception {
        // Given
        settings = settings.learning(PretrainingObjective.MASKED);
        String alone = alone("alone");

        for (int workers = 2; workers <= SHARDS; workers++) {
            // When
            String together = together("together" + workers, workers, (worker, step) -> {});

            // Then
            assertThat(together).as("%d workers", workers).isEqualTo(alone);
        }
    }

    @Test
    void workers_that_die_and_come_change_nothing() throws Exception {
        // Given
        String alone = alone("alone");

        // When: whoever leads then dies after step 7 and after step 17, which is after the workers have gone back
        Set<Long> deaths = ConcurrentHashMap.newKeySet();
        String together = together("dying", 3, (worker, step) -> {
            if ((step == 7 || step == 17) && deaths.add(step)) {
                throw new WorkerThreads.Death();
            }
        });

        // Then
        assertThat(deaths).hasSize(2);
        assertThat(together).isEqualTo(alone);
    }

    @Test
    void any_number_of_workers_comes_to_the_same_replicas() throws Exception {
        // Given
        settings = settings(ROUNDS);
        String alone = alone("alone");

        for (int workers = 1; workers < SHARDS; workers++) {
            // When
            String together = together("together" + workers, workers, (worker, step) -> {});

            // Then
            assertThat(together).as("%d workers", workers).isEqualTo(alone);
        }
    }

    @Test
    void workers_that_die_in_a_round_change_nothing() throws Exception {
        // Given
        settings = settings(ROUNDS);
        String alone = alone("alone");

        // When: one has computed its replicas, and another, that leads then, has just told of a round
        Set<Long> deaths = ConcurrentHashMap.newKeySet();
        AtomicInteger exchanges = new AtomicInteger();
        Fate afterRound = (worker, step) -> {
            if (step == 20 && deaths.add(step)) {
                throw new WorkerThreads.Death();
            }
        };
        String together = together(
                "dying",
                3,
                afterRound,
                group -> WorkerThreads.dying(
                        group,
                        added -> added.getFirst() instanceof List
                                && exchanges.incrementAndGet() == 5
                                && deaths.add(-1L)));

        // Then
        assertThat(deaths).hasSize(2);
        assertThat(together).isEqualTo(alone);
    }

    @Test
    void a_run_in_rounds_goes_on_where_it_was_stopped() throws Exception {
        // Given
        settings = settings(ROUNDS);
        String undisturbed = alone("alone");
        Recorder first = Recorder.until(22);
        Recorder rest = Recorder.toTheEnd();

        // When
        Optional<Trainer.Result> stopped;
        Trainer.Result result;
        try (CheckpointStore store = store("stopped")) {
            stopped = trainer(store, first, Workers.alone(SHARDS)).train();
            result = trainer(store, rest, Workers.alone(SHARDS)).train().orElseThrow();
        }

        // Then: a batch without anything to predict took the run back, and a round ends where the learning rate begins
        // to fall
        assertThat(stopped).isEmpty();
        assertThat(first.steps()).startsWith(5L, 10L).endsWith(15L, 20L, 22L);
        assertThat(first.healed()).hasSize(1);
        assertThat(rest.steps()).containsExactly(25L, 30L);
        assertThat(result.step()).isEqualTo(STEPS);
        assertThat(result.metrics()).containsEntry("trainedTokens", (double) STEPS * BATCH * TinyText.LENGTH);
        assertThat(result.checkpoint().sha256()).isEqualTo(undisturbed);
    }

    @Test
    void workers_that_come_to_other_bits_are_named() throws Exception {
        // Given: rank 1 computes its own shard otherwise than rank 0 does
        String right = "ab".repeat(32);
        String wrong = "cd".repeat(32);
        List<List<String>> hashes = List.of(List.of(right, right), List.of(wrong, right));
        List<List<Disagreement>> incidents = Collections.synchronizedList(new ArrayList<>());

        // When
        WorkerThreads.work(2, SHARDS, (rank, group) -> {
            group.meet(Standing.NOTHING, () -> false);
            group.audit(hashes.get(rank).get(0), hashes.get(rank).get(1));
            incidents.add(group.disagreements());
        });

        // Then: both know the same, and name both, since nobody can say whose fault it is
        assertThat(incidents).hasSize(2);
        assertThat(incidents.getFirst())
                .isEqualTo(incidents.getLast())
                .singleElement()
                .satisfies(disagreement -> {
                    assertThat(disagreement.shard()).isEqualTo(2);
                    assertThat(disagreement.owners()).isEqualTo(wrong);
                    assertThat(disagreement.auditors()).isEqualTo(right);
                    assertThat(disagreement.owner()).isNotEqualTo(disagreement.auditor());
                });
    }

    @Test
    void a_worker_that_is_asked_to_stop_does_not_wait_for_one_that_stands_still() throws Exception {
        // Given: whoever leads stands still after step 3 until the other has returned, which is asked to stop then
        AtomicInteger leader = new AtomicInteger(-1);
        CountDownLatch returned = new CountDownLatch(1);
        List<Trainer.Result> results = Collections.synchronizedList(new ArrayList<>());

        // When
        WorkerThreads.work(2, SHARDS, (worker, group) -> {
            try (CheckpointStore store = store("stopped")) {
                Recorder recorder = Recorder.calling(
                        (step, figures) -> {
                            if (step == 3) {
                                leader.set(worker);
                                await(returned);
                            }
                        },
                        () -> leader.get() >= 0 && leader.get() != worker);
                Optional<Trainer.Result> result =
                        trainer(store, recorder, group).train();
                if (leader.get() != worker) {
                    returned.countDown();
                    throw new WorkerThreads.Death();
                }
                result.ifPresent(results::add);
            }
        });

        // Then: the other went on alone
        assertThat(results).hasSize(1);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(2, TimeUnit.MINUTES)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Happens to a worker after a step. */
    @FunctionalInterface
    private interface Fate {
        void strike(int worker, long step);
    }

    private String alone(String name) throws IOException {
        try (CheckpointStore store = store(name)) {
            return trainer(store, Recorder.toTheEnd(), Workers.alone(SHARDS))
                    .train()
                    .orElseThrow()
                    .checkpoint()
                    .sha256();
        }
    }

    /** The sha256 of the checkpoint that the workers come to, of whom one returns it and the others learn that one has. */
    private String together(String name, int workers, Fate fate) throws Exception {
        return together(name, workers, fate, group -> group);
    }

    private String together(String name, int workers, Fate fate, UnaryOperator<Workers> seen) throws Exception {
        List<String> results = Collections.synchronizedList(new ArrayList<>());
        WorkerThreads.work(workers, SHARDS, (worker, group) -> {
            try (CheckpointStore store = store(name)) {
                Recorder recorder = Recorder.calling((step, figures) -> fate.strike(worker, step));
                trainer(store, recorder, seen.apply(group))
                        .train()
                        .ifPresent(result -> results.add(result.checkpoint().sha256()));
            }
        });
        assertThat(Set.copyOf(results)).hasSize(1);
        return results.getFirst();
    }

    private Trainer trainer(CheckpointStore store, Recorder recorder, Workers workers) {
        return new Trainer(
                new TrainingRuns(store, Stage.PRETRAIN).of(Lineage.NONE, List.of(), settings.hyperparameters()),
                new PretrainLoop.Inputs(
                        settings,
                        settings.masked() ? TOKENIZER.withMask() : TOKENIZER,
                        SequenceSource.of(sequences()),
                        TinyText.sequences(TOKENIZER, 1_000, 8),
                        Optional.empty(),
                        workers),
                settings.training(),
                SampleSettings.NONE,
                recorder,
                workers);
    }

    /** With a batch that has nothing to predict, so that the workers go back together. */
    private static List<int[]> sequences() {
        List<int[]> training = new ArrayList<>(TinyText.sequences(TOKENIZER, 0, STEPS * BATCH));
        int[] nothing = new int[TinyText.LENGTH];
        Arrays.fill(nothing, TOKENIZER.pad());
        Collections.fill(training.subList(12 * BATCH, 13 * BATCH), nothing);
        return training;
    }

    private static PretrainSettings settings(Optional<PretrainSettings.LocalSgd> localSgd) {
        PretrainSettings usual = TinyText.settings(STEPS, 5, Duration.ofHours(1));
        return new PretrainSettings(
                usual.network(),
                new PretrainSettings.Batches(BATCH, usual.batches().memory(), BATCH, SHARDS, localSgd),
                usual.schedule(),
                usual.optimiser(),
                usual.holdout(),
                usual.spikeFactor(),
                usual.training(),
                1);
    }

    private CheckpointStore store(String name) throws IOException {
        return CheckpointStore.open(folder.resolve(name).toUri(), folder.resolve("cache"));
    }
}
