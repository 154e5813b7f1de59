package io.alignstream.languagemodel.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.network.NetworkProgram;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.torch.TorchProgram;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.util.List;

/**
 * A loss of one number at some positions, of a head's value or of a token's log probability: autograd differentiates the
 * loss by these numbers, the head, in fp32, and the network do the rest by hand.
 *
 * <p>A subclass writes one method as TorchScript text: {@code loss(self, outputs: Tensor, x: List[Tensor],
 * settings: Tensor) -> List[Tensor]} of numbers {@code [positions]}: first what is differentiated, then what is reported, scalars all. Outputs
 * exist for these positions only, and all tokens' log probabilities for a chunk of them at a time.
 */
abstract class HeadObjective<B, L> implements Objective<B, L> {

    private static final String GRADIENTS =
            """
              def gradients(self, w: Dict[str, Tensor], ids: Tensor, cells: Tensor, at: Tensor, lowest: Tensor, settings: Tensor, x: List[Tensor], cos: Tensor, sin: Tensor, size: Tensor, eps: Tensor) -> Dict[str, Tensor]:
                torch.set_grad_enabled(False)
                c = self.prepared(w, int(size[0]), int(size[3]))
                saved: List[Tensor] = []
                hidden = self.trunk(w, c, ids, cells, cos, sin, size, eps, int(lowest), saved)
                rows = torch.searchsorted(cells, at)
                g: Dict[str, Tensor] = {}
                figures, d = self.head_gradients(w, torch.to(torch.index_select(hidden, 0, rows), 6), x, settings, int(lowest), g)
                d = torch.index_copy(torch.zeros_like(hidden), 0, rows, torch.to(d, hidden.dtype))
                self.trunk_backward(w, c, ids, cells, d, cos, sin, size, eps, int(lowest), saved, g)
                return self.reported(torch.stack(figures), w, int(lowest), g)

              def loss_gradient(self, outputs: Tensor, x: List[Tensor], settings: Tensor) -> Tuple[List[Tensor], Tensor]:
                # what is reported, and the gradient by each output
                leaf = outputs.detach().requires_grad_(True)
                torch.set_grad_enabled(True)
                figures = self.loss(leaf, x, settings)
                found = torch.autograd.grad([figures[0]], [leaf])
                torch.set_grad_enabled(False)
                reported: List[Tensor] = []
                for i in range(1, len(figures)):
                  reported.append(figures[i].detach())
                return (reported, unchecked_cast(Tensor, found[0]))
            """;

    private static final String TOKENS =
            """

              def head_gradients(self, w: Dict[str, Tensor], hidden: Tensor, x: List[Tensor], settings: Tensor, lowest: int, g: Dict[str, Tensor]) -> Tuple[List[Tensor], Tensor]:
                # the outputs are log probabilities of the tokens x[0] at temperature settings[0]; the last figure is the mean entropy
                # all log probabilities exist for a chunk of the rows at a time; of several chunks they are computed twice
                name = self.output_name(w)
                weight = self.weight(w, name)
                temperature = float(settings[0])
                tokens = torch.unsqueeze(x[0], 1)
                chunks = self.chunks(hidden, weight)
                parts: List[Tensor] = []
                every = hidden
                first = 0
                for chunk in chunks:
                  every = self.log_probabilities(chunk, weight, temperature)
                  parts.append(torch.gather(every, 1, torch.narrow(tokens, 0, first, chunk.size(0))))
                  first = first + chunk.size(0)
                figures, d = self.loss_gradient(torch.squeeze(torch.cat(parts), 1), x, settings)
                d = torch.unsqueeze(torch.div(d, temperature), 1)
                entropy = torch.zeros([], device=hidden.device)
                dx: List[Tensor] = []
                learned = name
                if "adapters.scale" in w:
                  learned = "rows." + name
                first = 0
                for chunk in chunks:
                  if len(chunks) > 1:
                    every = self.log_probabilities(chunk, weight, temperature)
                  p = torch.exp(every)
                  entropy = torch.sub(entropy, torch.sum(torch.mul_(every, p)))
                  dn = torch.narrow(d, 0, first, chunk.size(0))
                  p = torch.scatter_add_(torch.mul_(p, torch.neg(dn)), 1, torch.narrow(tokens, 0, first, chunk.size(0)), dn)
                  dx.append(torch.mm(p, weight))
                  if lowest == 0 and learned in w:
                    if learned != name:
                      p = torch.index_select(p, 1, w["adapters.tokens"])
                    dw = torch.mm(torch.t(p), chunk)
                    if first > 0:
                      dw = torch.add_(dw, g[learned])
                    g[learned] = dw
                  first = first + chunk.size(0)
                figures.append(torch.div(entropy, hidden.size(0)))
                return (figures, torch.cat(dx))

            """;

    private static final String SCALARS =
            """

              def head_gradients(self, w: Dict[str, Tensor], hidden: Tensor, x: List[Tensor], settings: Tensor, lowest: int, g: Dict[str, Tensor]) -> Tuple[List[Tensor], Tensor]:
                # the outputs are the scalar head's values
                name = "score.weight"
                figures, d = self.loss_gradient(torch.squeeze(torch.linear(hidden, w[name]), 1), x, settings)
                d = torch.unsqueeze(d, 1)
                if lowest == 0:
                  g[name] = torch.mm(torch.t(d), hidden)
                return (figures, torch.mm(d, w[name]))

            """;

    private final Transformer network;
    private final TorchProgram program;

    /** A loss of {@code network} whose text is part of {@code program}. */
    HeadObjective(Transformer network, TorchProgram program) {
        this.network = network;
        this.program = program;
    }

    /**
     * The program of a loss of tokens' log probabilities, kept in a constant: {@code x} begins with the tokens, the
     * settings with the temperature, and the tokens' mean entropy is reported behind what the loss reports.
     */
    static TorchProgram ofTokens(String loss) {
        return NetworkProgram.with(GRADIENTS + TOKENS + loss);
    }

    /** The program of a loss of the scalar head's values, kept in a constant. */
    static TorchProgram ofScalars(String loss) {
        return NetworkProgram.with(GRADIENTS + SCALARS + loss);
    }

    /**
     * Computes and adds the gradients; returns what is reported.
     *
     * @param at positions of the outputs among all of {@code sequences}, of tokens, none twice
     * @param settings the numbers that the loss takes, the temperature first where it is one of tokens
     */
    final float[] accumulate(Sequences sequences, long[] at, Inputs inputs, double[] settings, Gradients gradients) {
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = network.arguments(call);
            Transformer.tokens(call, in, sequences);
            in.add(call.create(at));
            NDManager numbers = TorchRuntime.settings(call);
            in.add(numbers.create(gradients.lowestBlock()));
            in.add(numbers.create(settings));
            for (NDArray input : inputs.of(call)) {
                input.setName("x[]");
                in.add(input);
            }
            network.shape(in);
            return Computed.of(program.run(call, "gradients", in), gradients);
        }
    }

    /** Makes the list {@code x} that the loss takes. */
    @FunctionalInterface
    interface Inputs {
        List<NDArray> of(NDManager call);
    }
}
