package io.alignstream.languagemodel.objective;

import io.alignstream.languagemodel.network.Cut;
import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.torch.TorchProgram;
import java.util.Arrays;
import java.util.List;

/** PPO's clipped value loss: ½ · mean of max((V − R)², (clip(V, V_old ± ε) − R)²). */
public final class ValueObjective extends HeadObjective<ValueObjective.Batch, ValueObjective.Figures> {

    private static final TorchProgram PROGRAM = ofScalars(
            """
              def loss(self, values: Tensor, x: List[Tensor], settings: Tensor) -> List[Tensor]:
                # x = [old, returns], settings = [clip, coefficient]
                near = torch.add(x[0], torch.clamp(torch.sub(values, x[0]), -float(settings[0]), float(settings[0])))
                a = torch.sub(values, x[1])
                b = torch.sub(near, x[1])
                plain = torch.mul(a, a)
                clipped = torch.mul(b, b)
                loss = torch.mul(torch.mean(torch.maximum(plain, clipped)), 0.5)
                return [torch.mul(loss, float(settings[1])), loss, torch.mean(torch.to(torch.gt(clipped, plain), 6))]
            """);

    private final double clip;
    private final double coefficient;

    /**
     * Sampled answers.
     *
     * @param sequences prompts and answers; the answers' tokens are the targets that count
     * @param oldValues the critic's values before the first update on this batch, {@code [batch][time]}
     * @param returns what the values should have been, {@code [batch][time]}
     */
    public record Batch(Sequences sequences, float[][] oldValues, float[][] returns) {}

    /** What was measured: the loss, and of how many values the clipped error counts, 0 to 1. */
    public record Figures(double loss, double clipFraction) {}

    /**
     * The loss of {@code critic}, which needs a scalar head.
     *
     * @param clip how far a value may move from its old one, in reward units
     * @param coefficient multiplies the gradients; the loss is reported without it
     */
    public ValueObjective(Transformer critic, double clip, double coefficient) {
        super(critic, PROGRAM);
        this.clip = clip;
        this.coefficient = coefficient;
    }

    @Override
    public Figures accumulate(Batch batch, Gradients gradients) {
        Sequences sequences = batch.sequences;
        float[] figures = accumulate(
                sequences,
                sequences.counted(),
                call -> List.of(
                        call.create(sequences.counted(batch.oldValues)), call.create(sequences.counted(batch.returns))),
                new double[] {clip, coefficient},
                gradients);
        return new Figures(figures[0], figures[1]);
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
                        Arrays.copyOfRange(batch.oldValues, range.from(), range.to()),
                        Arrays.copyOfRange(batch.returns, range.from(), range.to())))
                .toList();
    }

    @Override
    public Figures merged(Figures first, Figures second, double share) {
        return new Figures(
                Objective.mean(first.loss, second.loss, share),
                Objective.mean(first.clipFraction, second.clipFraction, share));
    }

    @Override
    public int reportedNumbers() {
        return 2;
    }

    @Override
    public double[] numbers(Figures loss) {
        return new double[] {loss.loss, loss.clipFraction};
    }

    @Override
    public Figures reported(double[] numbers) {
        return new Figures(numbers[0], numbers[1]);
    }
}
