package io.alignstream.languagemodel.objective;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.alignstream.languagemodel.network.Cut;
import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.network.NetworkProgram;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Trainable;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.languagemodel.torch.TorchProgram;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.util.List;

/**
 * Masked language modelling (BERT's objective; Devlin et al., arXiv 1810.04805): mean cross-entropy in nats over the tokens
 * that were hidden, of a network whose attention goes both ways.
 *
 * <p>A target is the token that stood at its own position, not the one behind it. Logits exist for the hidden tokens only,
 * about a seventh of all, and for a chunk of them at a time.
 */
public final class MaskedTokenObjective implements MeanLoss<Sequences> {

    private static final TorchProgram PROGRAM = NetworkProgram.with(
            NextTokenObjective.OUTPUT_GRADIENTS
                    + """

              def masked_token_gradients(self, w: Dict[str, Tensor], ids: Tensor, cells: Tensor, at: Tensor, targets: Tensor, cos: Tensor, sin: Tensor, size: Tensor, eps: Tensor, computing: Tensor) -> Dict[str, Tensor]:
                # at [K] and targets [K]: the hidden tokens' positions among all B * T, and what they were
                # computing = [data type, lowest block that learns; 0 if the embedding does, too, number of targets]
                torch.set_grad_enabled(False)
                g: Dict[str, Tensor] = {}
                c = self.prepared(w, int(size[0]), int(computing[0]))
                lowest = int(computing[1])
                count = float(computing[2])
                saved: List[Tensor] = []
                x = self.trunk(w, c, ids, cells, cos, sin, size, eps, lowest, saved)
                rows = torch.searchsorted(cells, at)
                loss, d = self.output_gradients(w, c, torch.index_select(x, 0, rows), targets, 1. / count, lowest, g)
                d = torch.index_copy(torch.zeros_like(x), 0, rows, d)
                self.trunk_backward(w, c, ids, cells, d, cos, sin, size, eps, lowest, saved, g)
                return self.reported(torch.to(torch.div(loss, count), 6), w, lowest, g)
            """);

    private final Trainable trained;
    private final Precision precision;

    /**
     * The loss of {@code trained}.
     *
     * @param precision of products and activations; changes the last bits of the weights
     * @throws IllegalArgumentException if a token of the network does not see those behind it
     */
    public MaskedTokenObjective(Trainable trained, Precision precision) {
        if (!trained.network().config().bidirectional()) {
            throw new IllegalArgumentException("hidden tokens are to be found from both sides, but attention of a "
                    + trained.network().config().variant().architecture().modelType()
                    + " network goes one way; give one whose configuration is bothWays()");
        }
        this.trained = trained;
        this.precision = precision;
    }

    /** No number where nothing is hidden, as any mean of nothing. */
    @Override
    public Double accumulate(Sequences sequences, Gradients gradients) {
        if (sequences.targetCount() == 0) {
            gradients.addZeros();
            return Double.NaN;
        }
        Transformer network = trained.network();
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = network.arguments(call);
            Transformer.tokens(call, in, sequences);
            in.add(call.create(sequences.counted()));
            in.add(call.create(sequences.countedTargets()));
            network.shape(in);
            in.add(TorchRuntime.settings(call)
                    .create(new long[] {precision.torchType(), gradients.lowestBlock(), sequences.targetCount()}));
            return (double) Computed.of(PROGRAM.run(call, "masked_token_gradients", in), gradients)[0];
        }
    }

    /** Hidden tokens. */
    @Override
    public double weight(Sequences sequences) {
        return sequences.targetCount();
    }

    @Override
    public List<Sequences> parts(Sequences sequences, Cut cut) {
        return cut.ranges(sequences, row -> true).stream().map(sequences::rows).toList();
    }
}
