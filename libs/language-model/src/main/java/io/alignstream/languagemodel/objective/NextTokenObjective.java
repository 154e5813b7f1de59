package io.alignstream.languagemodel.objective;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
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
 * Next-token prediction: mean cross-entropy in nats over all targets that count.
 *
 * <p>Of a network, or of its adapters; forward and backward pass are written by hand. Logits exist for a chunk of the
 * rows at a time.
 */
public final class NextTokenObjective implements MeanLoss<Sequences> {

    /** The way back from the loss to hidden states: cross-entropy and the output projection. */
    static final String OUTPUT_GRADIENTS =
            """
              def output_gradients(self, w: Dict[str, Tensor], c: Dict[str, Tensor], x: Tensor, targets: Tensor, scale: float, lowest: int, g: Dict[str, Tensor]) -> Tuple[Tensor, Tensor]:
                # x [N, D] -> sum of the losses, scale times the gradient of x; logits exist for a chunk of the rows at a time
                name = self.output_name(w)
                weight = c["output"]
                adapted = "adapters.scale" in w
                rows = torch.floordiv(16777216, weight.size(0))
                if rows < 128:
                  rows = 128
                total = torch.zeros([], dtype=7, device=x.device)
                if adapted:
                  name = "rows." + name
                learns = lowest == 0 and name in w
                parts: List[Tensor] = []
                first = 0
                while first < x.size(0):
                  n = x.size(0) - first
                  if n > rows:
                    n = rows
                  part = torch.narrow(x, 0, first, n)
                  loss, d = self.cross_entropy(torch.linear(part, weight), torch.narrow(targets, 0, first, n), scale)
                  total = torch.add(total, loss)
                  parts.append(torch.mm(d, weight))
                  if learns:
                    if adapted:
                      d = torch.index_select(d, 1, w["adapters.tokens"])
                    rank = torch.mm(torch.t(d), part)
                    if first == 0:
                      g[name] = torch.to(rank, 6)
                    else:
                      g[name] = torch.add_(g[name], rank)
                  first = first + n
                return (total, torch.cat(parts))
            """;

    private static final TorchProgram PROGRAM = NetworkProgram.with(
            OUTPUT_GRADIENTS
                    + """

              def language_model_gradients(self, w: Dict[str, Tensor], c: Dict[str, Tensor], ids: Tensor, cells: Tensor, targets: Tensor, cos: Tensor, sin: Tensor, size: Tensor, eps: Tensor, lowest: int, count: float, g: Dict[str, Tensor]) -> Tensor:
                # mean cross-entropy in nats over the count targets that are not -100
                saved: List[Tensor] = []
                x = self.trunk(w, c, ids, cells, cos, sin, size, eps, lowest, saved)
                loss, d = self.output_gradients(w, c, x, self.tokens(targets, cells), 1. / count, lowest, g)
                self.trunk_backward(w, c, ids, cells, d, cos, sin, size, eps, lowest, saved, g)
                return torch.to(torch.div(loss, count), 6)

              def next_token_gradients(self, w: Dict[str, Tensor], ids: Tensor, cells: Tensor, targets: Tensor, cos: Tensor, sin: Tensor, size: Tensor, eps: Tensor, computing: Tensor) -> Dict[str, Tensor]:
                # computing = [data type, lowest block that learns; 0 if the embedding does, too, number of targets that are not -100]
                torch.set_grad_enabled(False)
                g: Dict[str, Tensor] = {}
                c = self.prepared(w, int(size[0]), int(computing[0]))
                lowest = int(computing[1])
                loss = self.language_model_gradients(w, c, ids, cells, targets, cos, sin, size, eps, lowest, float(computing[2]), g)
                return self.reported(loss, w, lowest, g)
            """);

    private final Trainable trained;
    private final Precision precision;

    /** The loss of {@code trained} in fp32. */
    public NextTokenObjective(Trainable trained) {
        this(trained, Precision.FLOAT32);
    }

    /**
     * The loss of {@code trained}.
     *
     * @param precision of products and activations; changes the last bits of the weights
     */
    public NextTokenObjective(Trainable trained, Precision precision) {
        this.trained = trained;
        this.precision = precision;
    }

    @Override
    public Double accumulate(Sequences sequences, Gradients gradients) {
        Transformer network = trained.network();
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = network.arguments(call);
            Transformer.tokens(call, in, sequences);
            in.add(call.create(sequences.targets(), new Shape(sequences.batch(), sequences.time())));
            network.shape(in);
            in.add(TorchRuntime.settings(call)
                    .create(new long[] {precision.torchType(), gradients.lowestBlock(), sequences.targetCount()}));
            return (double) Computed.of(PROGRAM.run(call, "next_token_gradients", in), gradients)[0];
        }
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
}
