package io.alignstream.languagemodel.objective;

import io.alignstream.languagemodel.network.Cut;
import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.torch.TorchProgram;
import java.util.Arrays;
import java.util.List;

/**
 * PPO's clipped policy loss (Schulman et al., arXiv 1707.06347): the mean over an answer's tokens of max(−A·ρ, −A·clip(ρ,
 * 1 − ε, 1 + ε)), where ρ is how much more probable the token has become since it was sampled.
 */
public final class PolicyObjective extends HeadObjective<PolicyObjective.Batch, PolicyObjective.Figures> {

    private static final TorchProgram PROGRAM = ofTokens(
            """
              def loss(self, logs: Tensor, x: List[Tensor], settings: Tensor) -> List[Tensor]:
                # x = [targets, old, advantages], settings = [temperature, clip]
                d = torch.clamp(torch.sub(logs, x[1]), -20., 20.)
                ratio = torch.exp(d)
                c = float(settings[1])
                plain = torch.mul(torch.neg(x[2]), ratio)
                clipped = torch.mul(torch.neg(x[2]), torch.clamp(ratio, 1. - c, 1. + c))
                loss = torch.mean(torch.maximum(plain, clipped))
                kl = torch.mul(torch.mean(torch.mul(d, d)), 0.5)
                fraction = torch.mean(torch.to(torch.gt(clipped, plain), 6))
                return [loss, loss, kl, fraction, torch.mean(ratio), torch.max(torch.abs(torch.sub(ratio, 1.)))]
            """);

    private final double temperature;
    private final double clip;

    /**
     * Sampled answers.
     *
     * @param sequences prompts and answers; the answers' tokens are the targets that count
     * @param oldLogProbabilities of the targets before the first update on this batch, {@code [batch][time]}
     * @param advantages {@code [batch][time]}
     */
    public record Batch(Sequences sequences, float[][] oldLogProbabilities, float[][] advantages) {}

    /** What was measured, over the tokens that count. */
    public record Figures(
            double loss,
            double approximateKl,
            double clipFraction,
            double entropy,
            double meanRatio,
            double greatestRatioGap) {

        /** As the losses of answers sampled earlier report them, the entropy last. */
        static Figures of(float... figures) {
            return new Figures(figures[0], figures[1], figures[2], figures[5], figures[3], figures[4]);
        }

        static final int NUMBERS = 6;

        /** In the order of the components. */
        double[] numbers() {
            return new double[] {loss, approximateKl, clipFraction, entropy, meanRatio, greatestRatioGap};
        }

        static Figures ofNumbers(double[] numbers) {
            return new Figures(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]);
        }

        /** Those of two batches, of which the other one counts for {@code share} (0 to 1) of both. */
        Figures merged(Figures other, double share) {
            return new Figures(
                    Objective.mean(loss, other.loss, share),
                    Objective.mean(approximateKl, other.approximateKl, share),
                    Objective.mean(clipFraction, other.clipFraction, share),
                    Objective.mean(entropy, other.entropy, share),
                    Objective.mean(meanRatio, other.meanRatio, share),
                    Math.max(greatestRatioGap, other.greatestRatioGap));
        }
    }

    /**
     * The loss of {@code model}.
     *
     * @param temperature at which the answers were sampled
     * @param clip how far the ratio may move, for example 0.2
     */
    public PolicyObjective(Transformer model, double temperature, double clip) {
        super(model, PROGRAM);
        this.temperature = temperature;
        this.clip = clip;
    }

    @Override
    public Figures accumulate(Batch batch, Gradients gradients) {
        Sequences sequences = batch.sequences;
        float[] figures = accumulate(
                sequences,
                sequences.counted(),
                call -> List.of(
                        call.create(sequences.countedTargets()),
                        call.create(sequences.counted(batch.oldLogProbabilities)),
                        call.create(sequences.counted(batch.advantages))),
                new double[] {temperature, clip},
                gradients);
        return Figures.of(figures);
    }

    /** The answers' tokens. */
    @Override
    public double weight(Batch batch) {
        return batch.sequences.targetCount();
    }

    @Override
    public List<Batch> parts(Batch batch, Cut cut) {
        return cut.ranges(batch.sequences, row -> true).stream()
                .map(range -> new Batch(
                        batch.sequences.rows(range),
                        Arrays.copyOfRange(batch.oldLogProbabilities, range.from(), range.to()),
                        Arrays.copyOfRange(batch.advantages, range.from(), range.to())))
                .toList();
    }

    @Override
    public Figures merged(Figures first, Figures second, double share) {
        return first.merged(second, share);
    }

    @Override
    public int reportedNumbers() {
        return Figures.NUMBERS;
    }

    @Override
    public double[] numbers(Figures loss) {
        return loss.numbers();
    }

    @Override
    public Figures reported(double[] numbers) {
        return Figures.ofNumbers(numbers);
    }
}
