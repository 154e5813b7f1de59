package io.alignstream.rlhf.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.split.GatePrompts;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.objective.NextTokenObjective;
import io.alignstream.rlhf.TinyParents;
import io.alignstream.rlhf.gate.HeldOutComparison;
import io.alignstream.rlhf.rehearsal.ChattyModel;
import io.alignstream.rlhf.rehearsal.OwnWriting;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class PolicyLearnerTest {

    private static Transformer sft;
    private static RewardModel reward;

    @BeforeAll
    static void train() {
        sft = ChattyModel.reader();
        Transformer network = sft.copy(1);
        network.addHead(1);
        reward = new RewardModel(network, 0);
    }

    @AfterAll
    static void close() {
        reward.close();
        sft.close();
    }

    @Test
    void whatIsRehearsedIsForgottenLess() {
        // Given
        double[] forgotten = lossesOnItsOwnTexts("0");

        // When
        double[] kept = lossesOnItsOwnTexts("1");

        // Then
        double[] before = losses(sft);
        for (int kind = 0; kind < before.length; kind++) {
            assertThat(forgotten[kind]).isGreaterThan(before[kind] + 1);
            assertThat(kept[kind]).isLessThan(before[kind] + (forgotten[kind] - before[kind]) / 2);
        }
    }

    /** On conversations and on the document. */
    private static double[] losses(Transformer model) {
        return new double[] {model.meanLoss(ChattyModel.conversations()), model.meanLoss(ChattyModel.document())};
    }

    /** After it has learned to say something else to one question. */
    private static double[] lossesOnItsOwnTexts(String coefficient) {
        RlhfSettings settings = TinyWorld.settings(Map.of(
                "alignstream.rlhf.rehearsal.coefficient",
                coefficient,
                "alignstream.rlhf.training.trainable-share",
                "0.5"));
        OwnWriting own = OwnWriting.of(
                sft, TinyParents.TOKENIZER, new OwnWriting.Counts(200, 0, 200), 8, 1, GatePrompts.NONE, written -> {});
        HeldOutComparison.Judges judges = new HeldOutComparison.Judges(reward, reward);
        RlhfInputs inputs = new RlhfInputs(
                settings,
                sft,
                judges,
                TinyParents.TOKENIZER,
                List.of(),
                List.of(),
                own,
                TinyParents.TOKENIZER.endOfTurn(),
                new HeldOutComparison(
                        1,
                        sft,
                        judges,
                        new AnswerSampler(1, 8, TinyParents.TOKENIZER.endOfTurn()),
                        List.of(),
                        OwnWriting.NONE));
        Sequences other = Sequences.answers(
                List.of(new int[] {TinyParents.TOKENIZER.user(), 20, 21, 22, 23, 24, 25}), List.of(1));
        try (PolicyLearner learner = new PolicyLearner(inputs, inputs.policy())) {
            NextTokenObjective objective =
                    new NextTokenObjective(learner.policy().network());
            for (int step = 0; step < 60; step++) {
                learner.step(objective, other, 1e-2, step);
            }
            return losses(learner.policy().network());
        }
    }
}
