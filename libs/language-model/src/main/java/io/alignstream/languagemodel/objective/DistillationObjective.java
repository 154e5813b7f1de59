package io.alignstream.languagemodel.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.alignstream.languagemodel.network.Cut;
import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.network.NetworkProgram;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.torch.TorchProgram;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.util.List;

/**
 * Knowledge distillation (Hinton, Vinyals and Dean, arXiv 1503.02531): a student learns what a teacher finds probable of
 * <em>all</em> tokens at each position, beside the one that comes next there.
 *
 * <p>The loss is {@code (1 - share) · cross-entropy + share · T² · KL(teacher ‖ student)}, in nats a target; in the
 * divergence the logits of both are divided by the temperature {@code T}, and {@code T²} keeps its gradients as great as
 * those of the cross-entropy, whatever {@code T} is. Both networks know the same token ids. The teacher is only read, in the
 * precision that it computes in; its hidden states exist for the targets of a micro-batch, the logits of both for a chunk of
 * them at a time. With a share of 0 the teacher is not asked, and this is next-token prediction.
 */
public final class DistillationObjective implements Objective<Sequences, DistillationObjective.Figures> {

    private static final TorchProgram PROGRAM = NetworkProgram.with(
            """
              def teacher(self, w: Dict[str, Tensor], ids: Tensor, cells: Tensor, at: Tensor, cos: Tensor, sin: Tensor, size: Tensor, eps: Tensor) -> List[Tensor]:
                # hidden states at the targets [K, D of the teacher], and what makes logits of them [V, D of the teacher]
                torch.set_grad_enabled(False)
                return [self.hidden_at(w, ids, cells, at, cos, sin, size, eps), self.output(w)]

              def of_chunk(self, logits: Tensor, expected: Tensor, targets: Tensor, share: float, heat: float, count: float) -> Tuple[Tensor, Tensor, Tensor]:
                # logits of student and teacher [n, V] -> sums of cross-entropy and divergence, gradient of the student's logits; expected may be empty where share is 0
                # of the divergence the gradient is heat * (p - q), since heat² is taken once by the division of the logits
                at = torch.unsqueeze(targets, 1)
                logs = torch.log_softmax(logits, -1)
                loss = torch.neg(torch.sum(torch.to(torch.gather(logs, 1, at), 7)))
                d = torch.mul_(torch.exp_(logs), (1. - share) / count)
                ones = torch.mul(torch.ones_like(at, dtype=6), (share - 1.) / count)
                d = torch.scatter_add_(d, 1, at, ones)
                if share == 0.:
                  return (loss, torch.zeros([], dtype=7, device=logits.device), d)
                student = torch.log_softmax(torch.div(logits, heat), -1)
                teacher = torch.log_softmax(torch.div(expected, heat), -1)
                q = torch.exp(teacher)
                apart = torch.sum(torch.to(torch.sum(torch.mul_(torch.sub(teacher, student), q), [-1]), 7))
                d = torch.add_(d, torch.mul_(torch.sub_(torch.exp_(student), q), share * heat / count))
                return (loss, apart, d)

              def distillation_gradients(self, w: Dict[str, Tensor], ids: Tensor, cells: Tensor, at: Tensor, targets: Tensor, hidden: Tensor, head: Tensor, cos: Tensor, sin: Tensor, size: Tensor, eps: Tensor, settings: Tensor) -> Dict[str, Tensor]:
                # hidden [K, D of the teacher] and head [V, D of the teacher], both empty where they are not needed; settings = [share, temperature, rows of a chunk, targets]
                torch.set_grad_enabled(False)
                g: Dict[str, Tensor] = {}
                c = self.prepared(w, int(size[0]), int(size[3]))
                share, heat, rows, count = float(settings[0]), float(settings[1]), int(settings[2]), float(settings[3])
                saved: List[Tensor] = []
                x = self.trunk(w, c, ids, cells, cos, sin, size, eps, 0, saved)
                places = torch.searchsorted(cells, at)
                asked = torch.index_select(x, 0, places)
                weight = c["output"]
                name = self.output_name(w)
                loss = torch.zeros([], dtype=7, device=x.device)
                apart = torch.zeros([], dtype=7, device=x.device)
                parts: List[Tensor] = []
                first = 0
                while first < asked.size(0):
                  n = asked.size(0) - first
                  if n > rows:
                    n = rows
                  part = torch.narrow(asked, 0, first, n)
                  expected = hidden
                  if share > 0.:
                    expected = torch.linear(torch.narrow(hidden, 0, first, n), head)
                  one, other, d = self.of_chunk(torch.to(torch.linear(part, weight), 6), expected, torch.narrow(targets, 0, first, n), share, heat, count)
                  loss = torch.add(loss, one)
                  apart = torch.add(apart, other)
                  d = torch.to(d, x.dtype)
                  parts.append(torch.mm(d, weight))
                  rank = torch.to(torch.mm(torch.t(d), part), 6)
                  if first > 0:
                    rank = torch.add_(rank, g[name])
                  g[name] = rank
                  first = first + n
                d = torch.index_copy(torch.zeros_like(x), 0, places, torch.cat(parts))
                self.trunk_backward(w, c, ids, cells, d, cos, sin, size, eps, 0, saved, g)
                figures = torch.div(torch.stack([loss, apart]), count)
                return self.reported(torch.to(figures, 6), w, 0, g)
            """);

    /** Numbers of a chunk's logits: 16 MiB of each of the handful of arrays that a chunk needs. */
    private static final int LOGITS = 4 << 20;

    private static final int LEAST_ROWS = 32;

    private final Transformer student;
    private final Transformer teacher;
    private final double temperature;
    private final double share;

    /**
     * What was measured, in nats a target.
     *
     * @param loss what is made small
     * @param crossEntropy of the targets, at temperature 1
     * @param divergence KL(teacher ‖ student) at the temperature; 0 where the teacher is not asked
     */
    public record Figures(double loss, double crossEntropy, double divergence) {}

    /**
     * The loss of {@code student}; both networks stay the caller's.
     *
     * @param temperature above 0
     * @param share of the divergence in the loss, 0 to 1
     * @throws IllegalArgumentException if they do not know the same token ids, or a number is out of its range
     */
    public DistillationObjective(Transformer student, Transformer teacher, double temperature, double share) {
        int ids = student.config().vocabularySize();
        if (ids != teacher.config().vocabularySize()) {
            throw new IllegalArgumentException("the student knows " + ids + " token ids and the teacher "
                    + teacher.config().vocabularySize() + ", so their distributions cannot be compared");
        }
        if (!(temperature > 0) || !(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("temperature " + temperature + " must be above 0 and the share of the"
                    + " divergence " + share + " between 0 and 1");
        }
        this.student = student;
        this.teacher = teacher;
        this.temperature = temperature;
        this.share = share;
    }

    /** Bytes that a chunk of logits takes for a moment, of both networks and what becomes of them. */
    public static long workspace(int vocabularySize) {
        return 6L * Float.BYTES * vocabularySize * rows(vocabularySize);
    }

    private static int rows(int vocabularySize) {
        return Math.max(LEAST_ROWS, LOGITS / vocabularySize);
    }

    @Override
    public Figures accumulate(Sequences sequences, Gradients gradients) {
        long[] counted = sequences.counted();
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDArray hidden = call.zeros(new Shape(0));
            NDArray head = call.zeros(new Shape(0));
            if (share > 0) {
                NDList asked = teacher.arguments(call);
                Transformer.tokens(call, asked, sequences);
                asked.add(call.create(counted));
                teacher.shape(asked);
                NDList told = PROGRAM.run(call, "teacher", asked);
                hidden = told.get(0);
                head = told.get(1);
            }
            NDList in = student.arguments(call);
            Transformer.tokens(call, in, sequences);
            in.add(call.create(counted));
            in.add(call.create(sequences.countedTargets()));
            in.add(hidden);
            in.add(head);
            student.shape(in);
            in.add(TorchRuntime.settings(call).create(new double[] {
                share, temperature, rows(student.config().vocabularySize()), counted.length
            }));
            float[] figures = Computed.of(PROGRAM.run(call, "distillation_gradients", in), gradients);
            return figures(figures[0], figures[1]);
        }
    }

    private Figures figures(double crossEntropy, double divergence) {
        double loss = (1 - share) * crossEntropy + share * temperature * temperature * divergence;
        return new Figures(loss, crossEntropy, divergence);
    }

    /** Targets. */
    @Override
    public double weight(Sequences sequences) {
        return sequences.targetCount();
    }

    @Override
    public List<Sequences> parts(Sequences sequences, Cut cut) {
        return cut.ranges(sequences, row -> true).stream().map(sequences::rows).toList();
    }

    @Override
    public Figures merged(Figures first, Figures second, double part) {
        return figures(
                Objective.mean(first.crossEntropy, second.crossEntropy, part),
                Objective.mean(first.divergence, second.divergence, part));
    }

    @Override
    public int reportedNumbers() {
        return 2;
    }

    @Override
    public double[] numbers(Figures loss) {
        return new double[] {loss.crossEntropy, loss.divergence};
    }

    @Override
    public Figures reported(double[] numbers) {
        return figures(numbers[0], numbers[1]);
    }
}
