package io.alignstream.rlhf.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.network.RewardEnsemble;
import io.alignstream.languagemodel.network.RewardEnsemble.Combination;
import io.alignstream.languagemodel.network.RewardEnsemble.Member;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.rlhf.TinyParents;
import io.alignstream.rlhf.gate.HeldOutComparison;
import io.alignstream.rlhf.gate.HeldOutPrompt;
import io.alignstream.rlhf.rehearsal.OwnWriting;
import io.alignstream.rlhf.training.TinyWorld.Preference;
import io.alignstream.training.Recovery;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What keeps a policy from believing a reward model that is wrong. */
class RewardWithCautionTest {

    private static final int TRICK = 7;
    private static final int[] GOOD = {TinyWorld.GOOD, TinyWorld.END};
    private static final int[] OTHER = {TinyWorld.OTHER, TinyWorld.END};
    private static final int[] TRICKY = {TRICK, TinyWorld.END};
    private static final int[] LONG_GOOD = {TinyWorld.GOOD, TinyWorld.GOOD, TinyWorld.GOOD, TinyWorld.END};
    private static final List<int[]> ASKED = TinyWorld.prompts("asked", 40);

    @Test
    void the_lower_bound_avoids_what_the_members_disagree_about() throws IOException {
        // Given: one of two members likes the trick, and more than the other one dislikes it
        Transformer sft = TinyWorld.sft(GOOD, OTHER, TRICKY);

        // When
        Trained mean = train(Map.of(), sft.copy(), rightAndWrong(sft, 0));
        Trained lowerBound = train(Map.of(), sft.copy(), rightAndWrong(sft, 1));

        // Then
        assertThat(share(mean.answers, TRICK)).isGreaterThan(0.6);
        assertThat(share(lowerBound.answers, TRICK)).isLessThan(0.2);
        assertThat(share(lowerBound.answers, TinyWorld.GOOD)).isGreaterThan(0.6);
        assertThat(mean.disagreement()).isGreaterThan(lowerBound.disagreement());
        sft.close();
    }

    private static RewardEnsemble rightAndWrong(Transformer sft, double uncertainty) {
        RewardModel right = TinyWorld.reward(sft, "reward", new Preference(GOOD, OTHER), new Preference(OTHER, TRICKY));
        RewardModel wrong = TinyWorld.reward(sft, "reward", new Preference(TRICKY, GOOD), new Preference(GOOD, OTHER));
        RewardModel louder = wrong.normalised(0, 0.33);
        wrong.close();
        return new RewardEnsemble(
                List.of(new Member("", right), new Member("", louder)), new Combination(uncertainty, Map.of()));
    }

    @Test
    void the_length_penalty_outweighs_a_reward_for_length() throws IOException {
        // Given
        Transformer sft = TinyWorld.sft(GOOD, LONG_GOOD);
        Preference longer = new Preference(LONG_GOOD, GOOD);

        // When
        Trained without = train(Map.of(), sft.copy(), RewardEnsemble.of(TinyWorld.reward(sft, "reward", longer)));
        Trained with = train(
                Map.of("alignstream.rlhf.training.length-penalty", "20"),
                sft.copy(),
                RewardEnsemble.of(TinyWorld.reward(sft, "reward", longer)));

        // Then
        assertThat(length(without.answers)).isGreaterThan(3.5);
        assertThat(length(with.answers)).isLessThan(3);
        sft.close();
    }

    @Test
    void only_what_is_longer_than_the_sft_models_answers_is_penalised() {
        // Given
        LengthPenalty penalty = new LengthPenalty(0.5, 4);

        // When
        double longer = penalty.of(7);

        // Then
        assertThat(longer).isCloseTo(1.5, within(1e-12));
        assertThat(penalty.of(4)).isZero();
        assertThat(penalty.of(1)).isZero();
    }

    private record Trained(List<AnswerSampler.Answer> answers, SequencedMap<String, Double> figures) {
        double disagreement() {
            return figures.getOrDefault("heldOut/disagreement", Double.NaN);
        }
    }

    /** Trains a policy and asks it; closes {@code sft} and {@code reward}. */
    private static Trained train(Map<String, String> overrides, Transformer sft, RewardEnsemble reward)
            throws IOException {
        HeldOutComparison.Judges judges = new HeldOutComparison.Judges(
                reward, RewardEnsemble.of(TinyWorld.reward(sft, "judge", new Preference(GOOD, OTHER))));
        AnswerSampler sampler = new AnswerSampler(1, 5, TinyWorld.END);
        Map<String, String> values = new TreeMap<>(Map.of("alignstream.rlhf.training.kl.coefficient", "0.05"));
        values.put("alignstream.rlhf.training.kl.horizon", "0");
        values.put("alignstream.rlhf.training.iterations", "20");
        values.putAll(overrides);
        try (RlhfInputs inputs = new RlhfInputs(
                        TinyWorld.settings(values),
                        sft,
                        judges,
                        TinyParents.TOKENIZER,
                        TinyWorld.prompts("ppo", 50),
                        List.of(),
                        OwnWriting.NONE,
                        TinyWorld.END,
                        new HeldOutComparison(
                                3,
                                sft,
                                judges,
                                sampler,
                                ASKED.stream().map(HeldOutPrompt::of).toList(),
                                OwnWriting.NONE));
                PolicyLoop loop = inputs.begin(Recovery.NONE)) {
            while (!loop.finished()) {
                loop.step();
            }
            SequencedMap<String, Double> figures = loop.finish(new TreeMap<>(), Optional.empty());
            return new Trained(
                    new ArrayList<>(sampler.sample(loop.policy().network(), ASKED, SeededRandom.of(1, "answers", 0))),
                    figures);
        }
    }

    private static double share(List<AnswerSampler.Answer> answers, int token) {
        return (double) answers.stream()
                        .filter(answer -> answer.tokens()[0] == token)
                        .count()
                / answers.size();
    }

    private static double length(List<AnswerSampler.Answer> answers) {
        return answers.stream()
                .mapToInt(answer -> answer.tokens().length)
                .average()
                .orElseThrow();
    }
}
