package io.alignstream.languagemodel.objective;

import io.alignstream.languagemodel.network.Cut;
import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.torch.TorchProgram;
import java.util.Arrays;
import java.util.List;

/** PPO's clipped value loss: ½ · mean of max((V − R)², (clip(V, V_old ± ε) − R)²). */
public final class ValueObjective extends HeadObjective<ValueObjective.Batch, Double>
        implements MeanLoss<ValueObjective.Batch> {

    private static final TorchProgram PROGRAM = ofScalars(
            """
              def loss(self, values: Tensor, x: List[Tensor], settings: Tensor) -> List[Tensor]:
                # x = [old, returns], settings = [clip, coefficient]
                near = torch.add(x[0], torch.clamp(torch.sub(values, x[0]), -float(settings[0]), float(settings[0])))
                a = torch.sub(values, x[1])
                b = torch.sub(near, x[1])
                loss = torch.mul(torch.mean(torch.maximum(torch.mul(a, a), torch.mul(b, b))), 0.5)
                return [torch.mul(loss, float(settings[1])), loss]
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
    public Double accumulate(Batch batch, Gradients gradients) {
        Sequences sequences = batch.sequences;
        float[] figures = accumulate(
                sequences,
                sequences.counted(),
                call -> List.of(
                        call.create(sequences.counted(batch.oldValues)), call.create(sequences.counted(batch.returns))),
                new double[] {clip, coefficient},
                gradients);
        return (double) figures[0];
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
}
