package io.alignstream.languagemodel.objective;

import io.alignstream.languagemodel.network.Cut;
import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.torch.TorchProgram;
import java.util.Arrays;
import java.util.List;

/**
 * Direct preference optimisation (Rafailov et al., arXiv 2305.18290): −log σ(β · (how much more probable than under the
 * reference the chosen answer has become − the same of the rejected one)).
 */
public final class DpoObjective extends HeadObjective<DpoObjective.Batch, DpoObjective.Figures> {

    private static final TorchProgram PROGRAM = ofTokens(
            """
              def loss(self, logs: Tensor, x: List[Tensor], settings: Tensor) -> List[Tensor]:
                # x = [targets, rows, reference], settings = [temperature, beta]; rows are chosen, rejected, chosen, rejected, ...
                gained = torch.index_add(torch.neg(x[2]), 0, x[1], logs).view([-1, 2])
                margin = torch.mul(torch.sub(torch.select(gained, 1, 0), torch.select(gained, 1, 1)), float(settings[1]))
                loss = torch.neg(torch.mean(torch.log_sigmoid(margin)))
                return [loss, loss, torch.mean(margin)]
            """);

    private final double beta;

    /**
     * Pairs of answers.
     *
     * @param answers prompts and answers, each chosen one before its rejected one
     * @param reference sum of the log probabilities of each answer's tokens under the reference model, {@code [batch]}
     */
    public record Batch(Sequences answers, float[] reference) {}

    /** What was measured: the loss and the mean margin between chosen and rejected answers. */
    public record Figures(double loss, double margin) {}

    /** The loss of {@code model}; the greater {@code beta}, the nearer it stays to the reference. */
    public DpoObjective(Transformer model, double beta) {
        super(model, PROGRAM);
        this.beta = beta;
    }

    @Override
    public Figures accumulate(Batch batch, Gradients gradients) {
        Sequences answers = batch.answers;
        float[] figures = accumulate(
                answers,
                answers.counted(),
                call -> List.of(
                        call.create(answers.countedTargets()),
                        call.create(answers.countedRows()),
                        call.create(batch.reference)),
                new double[] {1, beta},
                gradients);
        return new Figures(figures[0], figures[1]);
    }

    /** Pairs. */
    @Override
    public double weight(Batch batch) {
        return batch.reference.length / 2;
    }

    @Override
    public List<Batch> parts(Batch batch, Cut cut) {
        return cut.ranges(batch.answers, row -> row % 2 == 0).stream()
                .map(range -> new Batch(
                        batch.answers.rows(range), Arrays.copyOfRange(batch.reference, range.from(), range.to())))
                .toList();
    }

    @Override
    public Figures merged(Figures first, Figures second, double share) {
        return new Figures(
                Objective.mean(first.loss, second.loss, share), Objective.mean(first.margin, second.margin, share));
    }

    @Override
    public int reportedNumbers() {
        return 2;
    }

    @Override
    public double[] numbers(Figures loss) {
        return new double[] {loss.loss, loss.margin};
    }

    @Override
    public Figures reported(double[] numbers) {
        return new Figures(numbers[0], numbers[1]);
    }
}
