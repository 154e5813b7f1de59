package io.alignstream.languagemodel.objective;

import io.alignstream.languagemodel.network.Cut;
import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.torch.TorchProgram;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * All pairs of ranked answers (Ouyang et al., arXiv 2203.02155, section 3.5): −log σ(r_better − r_worse − margin), for
 * ties |difference|, and a small pull of the sum of both scores towards 0.
 */
public final class RankingObjective extends HeadObjective<RankingObjective.Batch, Double>
        implements MeanLoss<RankingObjective.Batch> {

    private static final TorchProgram PROGRAM = ofScalars(
            """
              def loss(self, scores: Tensor, x: List[Tensor], settings: Tensor) -> List[Tensor]:
                # x = [better, worse, margin, weight, tied], settings = [centring]; the weights sum to 1
                b = torch.index_select(scores, 0, x[0])
                c = torch.index_select(scores, 0, x[1])
                d = torch.sub(b, c)
                pair = torch.where(x[4], torch.abs(d), torch.neg(torch.log_sigmoid(torch.sub(d, x[2]))))
                total = torch.add(b, c)
                loss = torch.sum(torch.mul(x[3], torch.add(pair, torch.mul(torch.mul(total, total), float(settings[0])))))
                return [loss, loss]
            """);

    private final double centring;

    /**
     * The ranked answers of one step.
     *
     * @param answers prompt and answer of every answer, right-padded
     * @param last position of each answer's last token, where the score is read, {@code [answers]}
     * @param pairs which answer beats which; the weights sum to 1
     * @param weight what the batch counts for beside other ones, above 0: the prompts, where each counts once
     */
    public record Batch(Sequences answers, int[] last, List<RankedPair> pairs, double weight) {
        public Batch {
            pairs = List.copyOf(pairs);
            if (last.length != answers.batch()) {
                throw new IllegalArgumentException(
                        last.length + " last positions do not fit " + answers.batch() + " answers");
            }
            if (!(weight > 0)) {
                throw new IllegalArgumentException("a batch's weight is " + weight + " but must be above 0");
            }
        }

        /** The answers of {@code range}, which nobody compared with others; empty if nobody compared them at all. */
        private Optional<Batch> part(Sequences.Range range) {
            List<RankedPair> inside = pairs.stream()
                    .filter(pair -> pair.better() >= range.from() && pair.better() < range.to())
                    .toList();
            double share = inside.stream().mapToDouble(RankedPair::weight).sum();
            if (!(share > 0)) {
                return Optional.empty();
            }
            List<RankedPair> moved = inside.stream()
                    .map(pair -> new RankedPair(
                            pair.better() - range.from(),
                            pair.worse() - range.from(),
                            pair.margin(),
                            pair.weight() / share,
                            pair.tied()))
                    .toList();
            return Optional.of(new Batch(
                    answers.rows(range), Arrays.copyOfRange(last, range.from(), range.to()), moved, weight * share));
        }

        /** A batch that counts as much as any other. */
        public Batch(Sequences answers, int[] last, List<RankedPair> pairs) {
            this(answers, last, pairs, 1);
        }
    }

    /**
     * The loss of {@code model}, which needs a scalar head.
     *
     * @param centring coefficient of the squared sum of a pair's scores, which keeps scores near 0
     */
    public RankingObjective(Transformer model, double centring) {
        super(model, PROGRAM);
        this.centring = centring;
    }

    @Override
    public Double accumulate(Batch batch, Gradients gradients) {
        int count = batch.pairs.size();
        long[] last = new long[batch.last.length];
        long[] better = new long[count];
        long[] worse = new long[count];
        float[] margin = new float[count];
        float[] weight = new float[count];
        boolean[] tied = new boolean[count];
        for (int i = 0; i < last.length; i++) {
            last[i] = (long) i * batch.answers.time() + batch.last[i];
        }
        for (int i = 0; i < count; i++) {
            RankedPair pair = batch.pairs.get(i);
            better[i] = pair.better();
            worse[i] = pair.worse();
            margin[i] = (float) pair.margin();
            weight[i] = (float) pair.weight();
            tied[i] = pair.tied();
        }
        float[] figures = accumulate(
                batch.answers,
                last,
                call -> List.of(
                        call.create(better),
                        call.create(worse),
                        call.create(margin),
                        call.create(weight),
                        call.create(tied)),
                new double[] {centring},
                gradients);
        return (double) figures[0];
    }

    @Override
    public double weight(Batch batch) {
        return batch.weight;
    }

    @Override
    public List<Batch> parts(Batch batch, Cut cut) {
        boolean[] compared = new boolean[batch.last.length + 1]; // with a row before it
        for (RankedPair pair : batch.pairs) {
            int first = Math.min(pair.better(), pair.worse());
            Arrays.fill(compared, first + 1, Math.max(pair.better(), pair.worse()) + 1, true);
        }
        List<Sequences.Range> ranges = cut.ranges(batch.answers, row -> !compared[row]);
        return ranges.size() == 1
                ? List.of(batch)
                : ranges.stream().flatMap(range -> batch.part(range).stream()).toList();
    }
}
