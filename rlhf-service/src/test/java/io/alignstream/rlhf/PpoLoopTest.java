package io.alignstream.rlhf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.contracts.ModelRelease.Verdict;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.contracts.messages.Messages;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class PpoLoopTest {

    private static final List<int[]> PROMPTS = TinyWorld.prompts("ppo", 50);
    private static final List<int[]> HELD_OUT = TinyWorld.prompts("held-out", 40);

    @SuppressWarnings("NullAway.Init")
    private static Transformer sft;

    @SuppressWarnings("NullAway.Init")
    private static RewardModel reward;

    @BeforeAll
    static void train() {
        sft = TinyWorld.sft();
        reward = TinyWorld.reward(sft);
    }

    @AfterAll
    static void close() {
        reward.close();
        sft.close();
    }

    @Test
    void policyLearnsTheAnswerThatTheRewardModelPrefersAndStillEnds() {
        // Given
        HeldOutComparison comparison = comparison();
        List<Map<String, Double>> figures = new ArrayList<>();
        try (PpoLoop loop = loop(TinyWorld.CONFIG)) {

            // When
            while (!loop.finished()) {
                figures.add(loop.iterate());
            }

            // Then
            HeldOutComparison.Figures result = comparison.compare(loop.policy());
            assertThat(figures.getLast().get("objective/scores"))
                    .isGreaterThan(figures.getFirst().get("objective/scores") + 0.5);
            assertThat(result.score()).isGreaterThan(result.sftScore() + 0.5);
            assertThat(result.winRate()).isGreaterThan(0.6);
            assertThat(result.endRate()).isGreaterThan(0.95);
            assertThat(result.kl()).isBetween(0.2, 3.0);
            assertThat(figures)
                    .allSatisfy(one -> assertThat(one.get("val/sampling_gap")).isLessThan(1e-3));
            assertThat(Gate.decide(Settings.of(Map.of()).gate(), result).verdict())
                    .isEqualTo(Verdict.APPROVED);
        }
    }

    @Test
    void onlyTheCriticLearnsDuringItsWarmUp() {
        // Given
        try (PpoLoop loop = loop(TinyWorld.CONFIG)) {

            // When
            Map<String, Double> first = loop.iterate();
            Map<String, Double> second = loop.iterate();

            // Then
            assertThat(loop.weights()).isEqualTo(sft.tensors());
            assertThat(first).doesNotContainKey("policy/approxkl");
            assertThat(first.get("objective/kl")).isZero();
            assertThat(second.get("loss/value")).isLessThan(first.get("loss/value"));
            assertThat(loop.klCoefficient()).isEqualTo(TinyWorld.CONFIG.kl().coefficient());
            assertThat(loop.iterate()).containsKey("policy/approxkl");
            assertThat(loop.weights()).isNotEqualTo(sft.tensors());
        }
    }

    @Test
    void resumedRunGivesTheSamePolicyToTheLastBit() throws IOException {
        // Given
        RlhfConfig.Training config = TinyWorld.config(Map.of("alignstream.rlhf.training.kl.horizon", "100"));
        try (PpoLoop undisturbed = loop(config);
                PpoLoop killed = loop(config)) {
            for (int i = 0; i < 6; i++) {
                undisturbed.iterate();
            }
            for (int i = 0; i < 4; i++) {
                killed.iterate();
            }

            // When
            try (PpoLoop resumed = PpoLoop.resume(
                    config,
                    3,
                    sft,
                    reward,
                    PROMPTS,
                    TinyWorld.END,
                    TinyWorld.PAD,
                    killed.iteration(),
                    killed.weights(),
                    killed.state())) {
                resumed.iterate();
                resumed.iterate();

                // Then
                assertThat(resumed.episode()).isEqualTo(undisturbed.episode());
                assertThat(resumed.klCoefficient())
                        .isEqualTo(undisturbed.klCoefficient())
                        .isNotEqualTo(0.05);
                assertThat(resumed.weights()).isEqualTo(undisturbed.weights());
                assertThat(resumed.state()).isEqualTo(undisturbed.state());
            }
        }
    }

    @Test
    void runThatDriftsTooFarStopsEarlyAndIsRejected() {
        // Given
        RlhfConfig.Training config = TinyWorld.config(Map.of(
                "alignstream.rlhf.training.policy-learning-rate", "2e-2",
                "alignstream.rlhf.training.kl.coefficient", "0",
                "alignstream.rlhf.training.kl.bound", "0.3"));
        try (PpoLoop loop = loop(config)) {

            // When
            while (!loop.finished()) {
                loop.iterate();
            }

            // Then
            assertThat(loop.drifted()).isTrue();
            assertThat(loop.iteration()).isLessThan(config.iterations());
            Gate gate = Gate.decide(
                    Settings.of(Map.of("alignstream.rlhf.gate.kl", "0.01")).gate(),
                    comparison().compare(loop.policy()));
            assertThat(gate.verdict()).isEqualTo(Verdict.REJECTED);
            assertThat(Messages.english(gate.reason())).contains("KL").contains("above 0.01");
        }
    }

    @Test
    void unchangedModelTiesWithItself() {
        // When
        HeldOutComparison.Figures figures = comparison().compare(sft);

        // Then
        assertThat(figures.winRate()).isEqualTo(0.5);
        assertThat(figures.kl()).isCloseTo(0, within(1e-9));
        assertThat(figures.prompts()).isEqualTo(40);
        assertThat(Messages.english(
                        Gate.decide(Settings.of(Map.of()).gate(), figures).reason()))
                .contains("win rate 0.5 is below");
    }

    @Test
    void refusesPromptsThatLeaveNoRoomForAnAnswer() {
        // Given
        List<int[]> tooLong = List.of(new int[20]);

        // When, then
        assertThatThrownBy(() ->
                        new PpoLoop(TinyWorld.CONFIG, 1, sft, reward, tooLong, TinyWorld.END, TinyWorld.PAD).close())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("none of 1 training prompts leaves room for 5 tokens");
    }

    private static PpoLoop loop(RlhfConfig.Training config) {
        return new PpoLoop(config, 3, sft, reward, PROMPTS, TinyWorld.END, TinyWorld.PAD);
    }

    private static HeldOutComparison comparison() {
        return new HeldOutComparison(3, sft, reward, new AnswerSampler(1, 5, TinyWorld.END), HELD_OUT, TinyWorld.PAD);
    }
}
