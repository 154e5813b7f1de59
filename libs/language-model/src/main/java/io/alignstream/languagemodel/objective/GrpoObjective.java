package io.alignstream.languagemodel.objective;

import ai.djl.ndarray.types.Shape;
import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.torch.TorchProgram;
import java.util.List;

/**
 * Group relative policy optimisation (Shao et al., arXiv 2402.03300): PPO's clipped surrogate with one advantage for a
 * whole answer, and a penalty β · (e^(−d) − 1 + d) of each token, where d is how much more probable it is than under the
 * reference model.
 *
 * <p>Each answer counts once, whatever its length, as in the paper: the mean over answers of the mean over an answer's
 * tokens. With β = 0 it is the surrogate alone, which is what RLOO (Ahmadian et al., arXiv 2402.14740) takes, whose
 * penalty is part of the reward.
 */
public final class GrpoObjective extends HeadObjective<GrpoObjective.Batch, PolicyObjective.Figures> {

    private static final TorchProgram PROGRAM = program(
            """
              def head(self, w: Dict[str, Tensor]) -> str:
                return self.output_name(w)

              def loss(self, hidden: Tensor, head: Tensor, x: List[Tensor]) -> List[Tensor]:
                # x = [targets, old, reference, advantages [B], temperature, clip, beta], over the targets that are not -100
                logs, entropy = self.token_log_probabilities(hidden, head, x[0], x[4])
                mask = torch.to(torch.ge(x[0], 0), 6)
                length = torch.sum(mask, [1])
                d = torch.mul(torch.clamp(torch.sub(logs, x[1]), -20., 20.), mask)
                ratio = torch.exp(d)
                a = torch.neg(torch.unsqueeze(x[3], 1))
                c = float(x[5])
                plain = torch.mul(a, ratio)
                clipped = torch.mul(a, torch.clamp(ratio, 1. - c, 1. + c))
                r = torch.mul(torch.clamp(torch.sub(logs, x[2]), -20., 20.), mask)
                k = torch.sub(torch.add(torch.exp(torch.neg(r)), r), 1.)
                token = torch.add(torch.maximum(plain, clipped), torch.mul(k, float(x[6])))
                loss = torch.mean(torch.div(torch.sum(torch.mul(token, mask), [1]), length))
                q = ratio.detach()
                count = torch.sum(mask)
                fraction = torch.div(torch.sum(torch.mul(torch.to(torch.gt(clipped, plain), 6), mask)), count)
                mean_entropy = torch.div(torch.sum(torch.mul(entropy.detach(), mask)), count)
                mean_ratio = torch.div(torch.sum(torch.mul(q, mask)), count)
                m = d.detach()
                kl = torch.div(torch.mul(torch.sum(torch.mul(torch.mul(m, m), mask)), 0.5), count)
                return [loss, loss, kl, fraction, mean_entropy, mean_ratio, torch.max(torch.abs(torch.sub(q, 1.)))]
            """);

    private final double temperature;
    private final double clip;
    private final double beta;

    /**
     * Sampled answers.
     *
     * @param sequences prompts and answers, each with one token of answer at least; the answers' tokens are the targets
     *     that count
     * @param oldLogProbabilities of the targets before the first update on this batch, {@code [batch][time]}
     * @param referenceLogProbabilities of the targets under the reference model, {@code [batch][time]}
     * @param advantages of each answer against the others of its group, {@code [batch]}
     */
    public record Batch(
            Sequences sequences,
            float[][] oldLogProbabilities,
            float[][] referenceLogProbabilities,
            float[] advantages) {}

    /**
     * The loss of {@code model}.
     *
     * @param temperature at which the answers were sampled
     * @param clip how far the ratio may move, for example 0.2
     * @param beta coefficient of the penalty in the loss; 0 for none
     */
    public GrpoObjective(Transformer model, double temperature, double clip, double beta) {
        super(model, PROGRAM);
        this.temperature = temperature;
        this.clip = clip;
        this.beta = beta;
    }

    @Override
    public PolicyObjective.Figures accumulate(Batch batch, Gradients gradients) {
        Sequences sequences = batch.sequences;
        float[] figures = accumulate(
                sequences,
                call -> List.of(
                        call.create(sequences.targets(), new Shape(sequences.batch(), sequences.time())),
                        call.create(batch.oldLogProbabilities),
                        call.create(batch.referenceLogProbabilities),
                        call.create(batch.advantages),
                        call.create(temperature),
                        call.create(clip),
                        call.create(beta)),
                gradients);
        return new PolicyObjective.Figures(figures[0], figures[1], figures[2], figures[3], figures[4], figures[5]);
    }

    /** The answers. */
    @Override
    public double weight(Batch batch) {
        return batch.sequences.batch();
    }

    /** The loss exactly; what is measured over tokens as if the answers of both batches were of one length. */
    @Override
    public PolicyObjective.Figures merged(PolicyObjective.Figures first, PolicyObjective.Figures second, double share) {
        return first.merged(second, share);
    }
}
