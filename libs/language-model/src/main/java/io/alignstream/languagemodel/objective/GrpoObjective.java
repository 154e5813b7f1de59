package io.alignstream.languagemodel.objective;

import io.alignstream.languagemodel.network.Cut;
import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.torch.TorchProgram;
import java.util.Arrays;
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

    private static final TorchProgram PROGRAM = ofTokens(
            """
              def loss(self, logs: Tensor, x: List[Tensor], settings: Tensor) -> List[Tensor]:
                # x = [targets, old, reference, advantages, shares], settings = [temperature, clip, beta]; the shares of an answer's tokens sum to its own
                d = torch.clamp(torch.sub(logs, x[1]), -20., 20.)
                ratio = torch.exp(d)
                c = float(settings[1])
                plain = torch.mul(torch.neg(x[3]), ratio)
                clipped = torch.mul(torch.neg(x[3]), torch.clamp(ratio, 1. - c, 1. + c))
                r = torch.clamp(torch.sub(logs, x[2]), -20., 20.)
                k = torch.sub(torch.add(torch.exp(torch.neg(r)), r), 1.)
                loss = torch.sum(torch.mul(torch.add(torch.maximum(plain, clipped), torch.mul(k, float(settings[2]))), x[4]))
                kl = torch.mul(torch.mean(torch.mul(d, d)), 0.5)
                fraction = torch.mean(torch.to(torch.gt(clipped, plain), 6))
                return [loss, loss, kl, fraction, torch.mean(ratio), torch.max(torch.abs(torch.sub(ratio, 1.)))]
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
        int[] lengths = new int[sequences.batch()];
        long[] rows = sequences.countedRows();
        for (long row : rows) {
            lengths[(int) row]++;
        }
        float[] advantages = new float[rows.length];
        float[] shares = new float[rows.length];
        for (int k = 0; k < rows.length; k++) {
            int row = (int) rows[k];
            advantages[k] = batch.advantages[row];
            shares[k] = 1f / lengths.length / lengths[row];
        }
        return PolicyObjective.Figures.of(accumulate(
                sequences,
                sequences.counted(),
                call -> List.of(
                        call.create(sequences.countedTargets()),
                        call.create(sequences.counted(batch.oldLogProbabilities)),
                        call.create(sequences.counted(batch.referenceLogProbabilities)),
                        call.create(advantages),
                        call.create(shares)),
                new double[] {temperature, clip, beta},
                gradients));
    }

    /** The answers. */
    @Override
    public double weight(Batch batch) {
        return batch.sequences.batch();
    }

    /** The loss exactly; what is measured over tokens as if the answers of both batches were of one length. */
    @Override
    public List<Batch> parts(Batch batch, Cut cut) {
        return cut.ranges(batch.sequences, row -> true).stream()
                .map(range -> new Batch(
                        batch.sequences.rows(range),
                        Arrays.copyOfRange(batch.oldLogProbabilities, range.from(), range.to()),
                        Arrays.copyOfRange(batch.referenceLogProbabilities, range.from(), range.to()),
                        Arrays.copyOfRange(batch.advantages, range.from(), range.to())))
                .toList();
    }

    @Override
    public PolicyObjective.Figures merged(PolicyObjective.Figures first, PolicyObjective.Figures second, double share) {
        return first.merged(second, share);
    }

    @Override
    public int reportedNumbers() {
        return PolicyObjective.Figures.NUMBERS;
    }

    @Override
    public double[] numbers(PolicyObjective.Figures loss) {
        return loss.numbers();
    }

    @Override
    public PolicyObjective.Figures reported(double[] numbers) {
        return PolicyObjective.Figures.ofNumbers(numbers);
    }
}
