package io.alignstream.languagemodel.objective;

import ai.djl.ndarray.types.Shape;
import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.torch.TorchProgram;
import java.util.List;

/**
 * Direct preference optimisation (Rafailov et al., arXiv 2305.18290): −log σ(β · (how much more probable than under the
 * reference the chosen answer has become − the same of the rejected one)).
 */
public final class DpoObjective extends HeadObjective<DpoObjective.Batch, DpoObjective.Figures> {

    private static final TorchProgram PROGRAM = program(
            """
              def head(self, w: Dict[str, Tensor]) -> str:
                return self.output_name(w)

              def loss(self, hidden: Tensor, head: Tensor, x: List[Tensor]) -> List[Tensor]:
                # x = [targets, reference, temperature, beta]; rows are chosen, rejected, chosen, rejected, ...
                logs, entropy = self.token_log_probabilities(hidden, head, x[0], x[2])
                answers = torch.sum(torch.mul(logs, torch.to(torch.ge(x[0], 0), 6)), [1])
                gained = torch.sub(answers, x[1]).view([-1, 2])
                margin = torch.mul(torch.sub(torch.select(gained, 1, 0), torch.select(gained, 1, 1)), float(x[3]))
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
                call -> List.of(
                        call.create(answers.targets(), new Shape(answers.batch(), answers.time())),
                        call.create(batch.reference),
                        call.create(1.0),
                        call.create(beta)),
                gradients);
        return new Figures(figures[0], figures[1]);
    }

    /** Pairs. */
    @Override
    public double weight(Batch batch) {
        return batch.reference.length / 2;
    }

    @Override
    public Figures merged(Figures first, Figures second, double share) {
        return new Figures(
                Objective.mean(first.loss, second.loss, share), Objective.mean(first.margin, second.margin, share));
    }
}
