package io.alignstream.rlhf.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import io.alignstream.contracts.ModelRelease.Verdict;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.torch.TorchRuntime;
import io.alignstream.rlhf.RlhfConfig;
import io.alignstream.rlhf.TinyParents;
import io.alignstream.rlhf.gate.Gate;
import io.alignstream.rlhf.gate.HeldOutComparison;
import io.alignstream.rlhf.gate.HeldOutPrompt;
import io.alignstream.rlhf.rehearsal.OwnWriting;
import io.alignstream.stageruntime.testing.Settings;
import io.alignstream.training.Lineage;
import io.alignstream.training.Monitor;
import io.alignstream.training.Recovery;
import io.alignstream.training.StoredState;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingLoop;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import io.alignstream.training.testing.FigureNames;
import io.alignstream.training.testing.Recorder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PpoLoopTest {

    private static final List<int[]> PROMPTS = TinyWorld.prompts("ppo", 50);
    private static final List<int[]> HELD_OUT = TinyWorld.prompts("held-out", 40);

    @SuppressWarnings("NullAway.Init")
    private static Transformer sft;

    @SuppressWarnings("NullAway.Init")
    private static RewardModel reward;

    private static RewardModel judge;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @BeforeAll
    static void prepare() {
        sft = TinyWorld.sft();
        reward = TinyWorld.reward(sft, "reward");
        judge = TinyWorld.reward(sft, "judge");
    }

    @AfterAll
    static void close() {
        reward.close();
        judge.close();
        sft.close();
    }

    @Test
    void policyLearnsTheAnswerThatTheRewardModelPrefersAndStillEnds() {
        learnsWhatTheRewardModelPrefers(TinyWorld.SETTINGS);
    }

    @Test
    void adapters_of_policy_and_critic_learn_it_too_and_the_sft_model_stays_as_it_is() {
        Map<String, Tensor> before = sft.tensors();
        learnsWhatTheRewardModelPrefers(TinyWorld.settings(Map.of(
                "alignstream.rlhf.lora.rank", "16",
                "alignstream.rlhf.training.iterations", "24",
                "alignstream.rlhf.training.policy-learning-rate", "5e-3",
                "alignstream.rlhf.training.critic-learning-rate", "5e-3")));
        assertThat(sft.tensors()).isEqualTo(before);
    }

    private void learnsWhatTheRewardModelPrefers(RlhfSettings settings) {
        // Given
        HeldOutComparison comparison = comparison();
        List<Map<String, Double>> figures = new ArrayList<>();
        try (PpoLoop loop = loop(settings)) {

            // When
            while (!loop.finished()) {
                figures.add(loop.step().figures());
            }

            // Then
            Map<String, Double> result = comparison.compare(loop.policy().network(), 2);
            assertThat(figures.getLast().get("objective/scores"))
                    .isGreaterThan(figures.getFirst().get("objective/scores") + 0.5);
            assertThat(result.get("heldOut/scores")).isGreaterThan(result.get("heldOut/sftScores") + 0.5);
            assertThat(result.get("heldOut/judgeScores")).isGreaterThan(result.get("heldOut/sftJudgeScores") + 0.5);
            assertThat(result.get("winRate"))
                    .isGreaterThan(0.6)
                    .isBetween(result.get("winRate/low"), result.get("winRate/high"));
            assertThat(result.get("heldOut/agreement")).isGreaterThan(0.5);
            assertThat(result.get("heldOut/endRate")).isGreaterThan(0.95);
            assertThat(result.get("heldOut/kl")).isBetween(0.2, 3.0);
            assertThat(figures)
                    .allSatisfy(one -> assertThat(one.get("val/sampling_gap")).isLessThan(1e-3));
            assertThat(Gate.decide(
                                    Settings.of(RlhfConfig.class, Map.of())
                                            .settings()
                                            .gate(),
                                    result)
                            .verdict())
                    .isEqualTo(Verdict.APPROVED);
        }
    }

    @Test
    void onlyTheCriticLearnsDuringItsWarmUp() {
        // Given
        try (PpoLoop loop = loop(TinyWorld.SETTINGS)) {

            // When
            Map<String, Double> first = loop.step().figures();
            Map<String, Double> second = loop.step().figures();

            // Then
            assertThat(loop.model().weights()).isEqualTo(sft.tensors());
            assertThat(first).doesNotContainKey("policy/approxkl_avg");
            assertThat(first.get("objective/kl")).isZero();
            assertThat(second.get("loss/value_avg")).isLessThan(first.get("loss/value_avg"));
            assertThat(loop.klCoefficient()).isEqualTo(TinyWorld.SETTINGS.kl().coefficient());
            assertThat(loop.step().figures())
                    .containsKeys(
                            "policy/approxkl_avg", "val/ratio_var", "val/clipfrac_avg", "objective/non_score_reward");
            assertThat(loop.model().weights()).isNotEqualTo(sft.tensors());
        }
    }

    @Test
    void every_figure_has_a_name_in_every_language() throws IOException {
        // Given: critic and policy learn
        RlhfSettings settings = TinyWorld.settings(Map.of("alignstream.rlhf.training.iterations", "4"));
        Recorder recorder = Recorder.toTheEnd();

        // When
        Trainer.Result result = train("names", settings, recorder).orElseThrow();

        // Then
        assertThat(FigureNames.missing(recorder, result.metrics())).isEmpty();
        assertThat(recorder.figures()).isNotEmpty();
    }

    @Test
    void resumedRunGivesTheSameModelToTheLastBit() throws IOException {
        // Given
        RlhfSettings settings = TinyWorld.settings(
                Map.of("alignstream.rlhf.training.kl.horizon", "100", "alignstream.rlhf.training.iterations", "6"));
        Trainer.Result undisturbed = train("a", settings, Long.MAX_VALUE).orElseThrow();
        Optional<Trainer.Result> stopped = train("b", settings, 4);

        // When
        Trainer.Result resumed = train("b", settings, Long.MAX_VALUE).orElseThrow();

        // Then: content addresses, of policy, critic, moments, β and figures
        assertThat(stopped).isEmpty();
        assertThat(resumed.checkpoint().sha256())
                .isEqualTo(undisturbed.checkpoint().sha256());
        assertThat(resumed.metrics().get("klCoefficient")).isNotEqualTo(0.05);
    }

    @Test
    void withPatienceThePolicyThatWonMostIsPublished() throws IOException {
        // Given: a rate that ruins the policy after it has become better
        RlhfSettings settings = TinyWorld.settings(Map.of(
                "alignstream.rlhf.patience", "2",
                "alignstream.rlhf.validate-every", "1",
                "alignstream.rlhf.training.kl.bound", "1000",
                "alignstream.rlhf.training.iterations", "40"));

        // When
        Trainer.Result result = train("a", settings, Long.MAX_VALUE).orElseThrow();

        // Then
        assertThat((double) result.step()).isEqualTo(result.metrics().get("bestStep") + 2);
    }

    private Optional<Trainer.Result> train(String name, RlhfSettings settings, long steps) throws IOException {
        return train(name, settings, new StoppingMonitor(steps));
    }

    private Optional<Trainer.Result> train(String name, RlhfSettings settings, Monitor monitor) throws IOException {
        Path root = folder.resolve(name);
        try (CheckpointStore store = CheckpointStore.open(root.toUri(), root)) {
            TrainingRun run =
                    new TrainingRuns(store, Stage.RLHF).of(Lineage.NONE, List.of(), settings.hyperparameters());
            return new Trainer(run, inputs(settings, PROMPTS), settings.training(), monitor).train();
        }
    }

    @Test
    void aPolicyWhoseProbabilitiesAreNoNumbersIsTroubleToHealFrom() {
        // Given
        try (PpoLoop loop = loop(TinyWorld.settings(Map.of()))) {
            loop.policy().network().weights().values().forEach(weight -> weight.muli(Float.NaN));

            // When
            TrainingLoop.Step step = loop.step();

            // Then
            assertThat(step.trouble().orElseThrow().why()).isEqualTo(Reason.of("rlhf.diverged"));
            assertThat(loop.done()).isEqualTo(1);
        }
    }

    @Test
    void runThatDriftsTooFarStopsEarlyAndIsRejected() {
        // Given
        RlhfSettings settings = TinyWorld.settings(Map.of(
                "alignstream.rlhf.training.policy-learning-rate", "2e-2",
                "alignstream.rlhf.training.kl.coefficient", "0",
                "alignstream.rlhf.training.kl.bound", "0.3"));
        try (PpoLoop loop = loop(settings)) {

            // When
            while (!loop.finished()) {
                loop.step();
            }

            // Then
            assertThat(loop.drifted()).isTrue();
            assertThat(loop.done()).isLessThan(settings.batches().iterations());
            Gate gate = Gate.decide(
                    Settings.of(RlhfConfig.class, Map.of("alignstream.rlhf.gate.kl", "0.01"))
                            .settings()
                            .gate(),
                    comparison().compare(loop.policy().network(), 1));
            assertThat(gate.verdict()).isEqualTo(Verdict.REJECTED);
            assertThat(Messages.english(gate.reason())).contains("KL").contains("above 0.01");
        }
    }

    @Test
    void unchangedModelTiesWithItself() {
        // When
        Map<String, Double> figures = comparison().compare(sft, 3);

        // Then
        assertThat(figures)
                .containsEntry("winRate", 0.5)
                .containsEntry("winRate/low", 0.5)
                .containsEntry("heldOut/agreement", 1.0)
                .containsEntry("heldOut/prompts", 40.0)
                .doesNotContainKey("heldOut/accuracy");
        assertThat(figures.get("heldOut/kl")).isCloseTo(0, within(1e-9));
        assertThat(Messages.english(Gate.decide(
                                Settings.of(RlhfConfig.class, Map.of())
                                        .settings()
                                        .gate(),
                                figures)
                        .reason()))
                .contains("win rate 0.5 is below");
    }

    @Test
    void refusesPromptsThatLeaveNoRoomForAnAnswer() {
        // Given
        List<int[]> tooLong = List.of(new int[20]);

        // When, then
        assertThatThrownBy(() ->
                        inputs(TinyWorld.SETTINGS, tooLong).begin(Recovery.NONE).close())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("none of 1 training prompts leaves room for 5 tokens");
    }

    private static PpoLoop loop(RlhfSettings settings) {
        return (PpoLoop) inputs(settings, PROMPTS).begin(Recovery.NONE);
    }

    /** Never closed: the models are shared by all tests. */
    @ParameterizedTest
    @ValueSource(strings = {"critic.model", "critic.optimiser", "policy.optimiser"})
    void whatCannotBeResumedLeavesNothingInMemory(String lacking) throws IOException {
        // Given
        RlhfInputs inputs = inputs(TinyWorld.SETTINGS, PROMPTS);
        Map<String, Tensor> state;
        try (TrainingLoop loop = inputs.begin(Recovery.NONE)) {
            sft.config().save(folder, new int[] {TinyWorld.END}, TinyParents.TOKENIZER.pad());
            Safetensors.write(folder.resolve("model.safetensors"), sft.views(), Map.of());
            Safetensors.write(folder.resolve(StoredState.FILE), loop.state(), Map.of());
            state = new HashMap<>(Safetensors.read(folder.resolve(StoredState.FILE)));
        }
        state.keySet().removeIf(name -> name.startsWith(lacking));
        StoredState damaged = new StoredState(folder, 1, Map.of(), state);
        int before = nativeArrays();

        // When
        Throwable thrown = catchThrowable(() -> inputs.resume(damaged, Recovery.NONE));

        // Then
        assertThat(thrown).isInstanceOf(IOException.class).hasMessageContaining("is missing");
        assertThat(nativeArrays()).isEqualTo(before);
    }

    /** Those that nobody has closed. */
    private static int nativeArrays() {
        try (NDManager scope = TorchRuntime.get().newScope()) {
            return scope.getParentManager().getManagedArrays().size();
        }
    }

    private static RlhfInputs inputs(RlhfSettings settings, List<int[]> prompts) {
        return new RlhfInputs(
                settings,
                sft,
                judges(),
                TinyParents.TOKENIZER,
                prompts,
                List.of(),
                OwnWriting.NONE,
                TinyWorld.END,
                comparison());
    }

    private static HeldOutComparison comparison() {
        List<HeldOutPrompt> prompts = HELD_OUT.stream().map(HeldOutPrompt::of).toList();
        return new HeldOutComparison(
                3, sft, judges(), new AnswerSampler(1, 5, TinyWorld.END), prompts, OwnWriting.NONE);
    }

    private static HeldOutComparison.Judges judges() {
        return new HeldOutComparison.Judges(reward, judge);
    }
}
