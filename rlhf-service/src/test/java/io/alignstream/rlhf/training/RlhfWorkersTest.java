package io.alignstream.rlhf.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.rlhf.TinyParents;
import io.alignstream.rlhf.gate.HeldOutComparison;
import io.alignstream.rlhf.gate.HeldOutPrompt;
import io.alignstream.rlhf.rehearsal.OwnWriting;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several workers that align a policy together, each a thread, over real process groups. */
class RlhfWorkersTest {

    private static final int SHARDS = 4;
    private static final int WORKERS = 3;
    private static final List<int[]> PROMPTS = TinyWorld.prompts("ppo", 50);

    @SuppressWarnings("NullAway.Init")
    private static Transformer sft;

    @SuppressWarnings("NullAway.Init")
    private static RewardModel reward;

    @SuppressWarnings("NullAway.Init")
    private static RewardModel judge;

    @TempDir
    private Path folder;

    @BeforeAll
    static void prepare() {
        CollectiveLibraryOfBuild.use();
        sft = TinyWorld.sft();
        reward = TinyWorld.reward(sft, "reward");
        judge = TinyWorld.reward(sft, "judge");
    }

    @AfterAll
    static void close() {
        judge.close();
        reward.close();
        sft.close();
    }

    /** Answers are sampled by whoever is there, and the steps of an iteration count together or not at all. */
    @ParameterizedTest
    @ValueSource(strings = {"ppo", "grpo"})
    void workers_that_die_while_answers_are_sampled_and_learned_from_change_nothing(String algorithm) throws Exception {
        // Given
        RlhfSettings settings = settings(algorithm);
        String alone = alone(settings);

        // When: one has sampled and not sent what it has, another one dies in the middle of an iteration's steps
        Set<Integer> deaths = ConcurrentHashMap.newKeySet();
        AtomicInteger numbers = new AtomicInteger();
        AtomicInteger gradients = new AtomicInteger();
        String together = together(settings, (worker, group) -> switch (worker) {
            case 1 -> dying(group, added -> added.size() == 1 && numbers.incrementAndGet() == 2 && deaths.add(1));
            case 2 -> dying(group, added -> added.size() == 2 && gradients.incrementAndGet() == 7 && deaths.add(2));
            default -> group;
        });

        // Then
        assertThat(deaths).containsExactlyInAnyOrder(1, 2);
        assertThat(together).isEqualTo(alone);
    }

    @Test
    void rankings_are_learned_from_together_too() throws Exception {
        // Given
        RlhfSettings settings = settings("dpo");
        String alone = alone(settings);

        // When
        Set<Integer> deaths = ConcurrentHashMap.newKeySet();
        AtomicInteger gradients = new AtomicInteger();
        String together = together(
                settings,
                (worker, group) -> worker == 1
                        ? dying(group, added -> added.size() == 2 && gradients.incrementAndGet() == 3 && deaths.add(1))
                        : group);

        // Then
        assertThat(deaths).containsExactly(1);
        assertThat(together).isEqualTo(alone);
    }

    private static Workers dying(Workers group, Predicate<List<Object>> now) {
        return WorkerThreads.dying(group, now);
    }

    private static RlhfSettings settings(String algorithm) {
        Map<String, String> values = new HashMap<>(Map.of(
                "alignstream.rlhf.algorithm", algorithm,
                "alignstream.rlhf.shards", Integer.toString(SHARDS),
                "alignstream.rlhf.training.iterations", "5",
                "alignstream.rlhf.training.critic-warm-up", "1",
                "alignstream.rlhf.checkpoint-every", "2",
                "alignstream.rlhf.validate-every", "3",
                "alignstream.rlhf.dpo.validate-every", "3",
                "alignstream.rlhf.dpo.epochs", "1"));
        return TinyWorld.settings(values);
    }

    /** How a worker sees the others. */
    @FunctionalInterface
    private interface View {
        Workers of(int worker, Workers group);
    }

    private String alone(RlhfSettings settings) throws IOException {
        try (CheckpointStore store = store("alone");
                RlhfInputs inputs = inputs(settings)) {
            return train(store, settings, inputs, Workers.alone(SHARDS))
                    .orElseThrow()
                    .checkpoint()
                    .sha256();
        }
    }

    /** The sha256 of the checkpoint that the workers come to, of whom one returns it. */
    private String together(RlhfSettings settings, View view) throws Exception {
        List<String> results = Collections.synchronizedList(new ArrayList<>());
        List<RlhfInputs> inputs = new ArrayList<>();
        for (int worker = 0; worker < WORKERS; worker++) {
            inputs.add(inputs(settings));
        }
        WorkerThreads.work(WORKERS, SHARDS, (worker, group) -> {
            try (CheckpointStore store = store("together");
                    RlhfInputs own = inputs.get(worker)) {
                train(store, settings, own, view.of(worker, group))
                        .ifPresent(result -> results.add(result.checkpoint().sha256()));
            }
        });
        assertThat(Set.copyOf(results)).hasSize(1);
        return results.getFirst();
    }

    private static Optional<Trainer.Result> train(
            CheckpointStore store, RlhfSettings settings, RlhfInputs inputs, Workers workers) throws IOException {
        return new Trainer(
                        new TrainingRuns(store, Stage.RLHF).of(Lineage.NONE, List.of(), settings.hyperparameters()),
                        inputs.with(workers),
                        settings.training(),
                        SampleSettings.NONE,
                        Monitor.SILENT,
                        workers)
                .train();
    }

    private CheckpointStore store(String name) throws IOException {
        return CheckpointStore.open(folder.resolve(name).toUri(), folder.resolve("cache"));
    }

    /** With models of their own, as each worker has. */
    private static RlhfInputs inputs(RlhfSettings settings) {
        Transformer own = sft.copy();
        HeldOutComparison.Judges judges = new HeldOutComparison.Judges(
                new RewardModel(reward.network().copy(), 0),
                new RewardModel(judge.network().copy(), 0));
        return new RlhfInputs(
                settings,
                own,
                judges,
                TinyParents.TOKENIZER,
                PROMPTS,
                PROMPTS.stream().map(AlgorithmsTest::ranked).toList(),
                OwnWriting.NONE,
                TinyWorld.END,
                new HeldOutComparison(
                        3,
                        own,
                        judges,
                        new AnswerSampler(1, 5, TinyWorld.END),
                        TinyWorld.prompts("held-out", 10).stream()
                                .map(HeldOutPrompt::of)
                                .toList(),
                        OwnWriting.NONE));
    }
}
