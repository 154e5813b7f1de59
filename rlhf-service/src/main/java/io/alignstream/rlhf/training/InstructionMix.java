package io.alignstream.rlhf.training;

import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.objective.Computing;
import io.alignstream.languagemodel.objective.NextTokenObjective;
import io.alignstream.languagemodel.objective.PolicyObjective;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.training.Learner;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Mixes the next-token loss of the SFT model's instructions into the policy's steps, so that what no reward speaks of is not
 * forgotten; the PPO-ptx of Ouyang et al. (arXiv 2203.02155, section 3.5) with instructions instead of pretraining text.
 *
 * <p>Which conversations a step takes is a function of seed and step. For one thread.
 */
final class InstructionMix {

    private final List<Conversation> conversations;
    private final int perStep;
    private final long seed;
    private final int pad;
    private final NextTokenObjective objective;

    /**
     * A mix for the steps of {@code policy}.
     *
     * @param conversations none switches it off, as a coefficient of 0 does
     * @param coefficient multiplies the loss
     * @param perStep conversations a step
     */
    InstructionMix(
            Transformer policy, List<Conversation> conversations, double coefficient, int perStep, long seed, int pad) {
        this.conversations = coefficient > 0 ? conversations : List.of();
        this.perStep = perStep;
        this.seed = seed;
        this.pad = pad;
        this.objective = new NextTokenObjective(policy, Computing.DEFAULT, coefficient);
    }

    /** Step {@code number} of {@code learner}, this mixed in. */
    Learner.Step<PolicyObjective.Figures> step(
            Learner learner, PolicyObjective main, PolicyObjective.Batch batch, long number, double learningRate) {
        return conversations.isEmpty()
                ? learner.step(main, batch, learningRate)
                : learner.step(main, batch, objective, sequences(number), learningRate);
    }

    private Sequences sequences(long number) {
        SplittableRandom random = SeededRandom.of(seed, "instructions", number);
        List<Conversation> drawn = random.ints(perStep, 0, conversations.size())
                .mapToObj(conversations::get)
                .toList();
        return Sequences.of(
                drawn.stream().map(Conversation::ids).toList(),
                drawn.stream().map(Conversation::learned).toList(),
                pad);
    }
}
