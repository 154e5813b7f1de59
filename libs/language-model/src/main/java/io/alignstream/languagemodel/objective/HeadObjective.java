package io.alignstream.languagemodel.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.network.NetworkProgram;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.torch.TorchProgram;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.util.List;

/**
 * A loss of a network's last hidden states and one weight: autograd differentiates the loss, the network's own backward
 * pass does the rest, in fp32.
 *
 * <p>A subclass writes two methods as TorchScript text:
 *
 * <ul>
 *   <li>{@code head(self, w: Dict[str, Tensor]) -> str}, the name of the weight that the loss reads besides;
 *   <li>{@code loss(self, hidden: Tensor, head: Tensor, x: List[Tensor]) -> List[Tensor]} of hidden states
 *       {@code [batch, time, width]}: first what is differentiated, then what is reported, scalars all.
 * </ul>
 */
abstract class HeadObjective<B, L> implements Objective<B, L> {

    private static final String GRADIENTS =
            """
              def gradients(self, w: Dict[str, Tensor], ids: Tensor, x: List[Tensor], cos: Tensor, sin: Tensor, size: Tensor, eps: Tensor) -> Dict[str, Tensor]:
                torch.set_grad_enabled(False)
                c = self.prepared(w, int(size[0]), 6)
                saved: List[Tensor] = []
                hidden = self.trunk(w, c, ids, cos, sin, size, eps, True, saved).view([ids.size(0), ids.size(1), -1]).detach().requires_grad_(True)
                name = self.head(w)
                head = w[name].detach().requires_grad_(True)
                torch.set_grad_enabled(True)
                figures = self.loss(hidden, head, x)
                found = torch.autograd.grad([figures[0]], [hidden, head])
                torch.set_grad_enabled(False)
                g: Dict[str, Tensor] = {}
                g[name] = torch.contiguous(unchecked_cast(Tensor, found[1]))
                d = unchecked_cast(Tensor, found[0])
                self.trunk_backward(w, c, ids, torch.contiguous(d.view([-1, d.size(-1)])), cos, sin, size, saved, g)
                reported: List[Tensor] = []
                for i in range(1, len(figures)):
                  reported.append(figures[i].detach())
                return self.reported(torch.stack(reported), w, g)
            """;

    private final Transformer network;
    private final TorchProgram program;

    /** A loss of {@code network} whose text is {@code loss}. */
    HeadObjective(Transformer network, TorchProgram program) {
        this.network = network;
        this.program = program;
    }

    /** The program of a loss's text: one for each subclass, kept in a constant. */
    static TorchProgram program(String loss) {
        return NetworkProgram.with(GRADIENTS + loss);
    }

    /** Computes and adds the gradients; returns what the loss reports. */
    final float[] accumulate(Sequences sequences, Inputs inputs, Gradients gradients) {
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = network.arguments(call);
            in.add(call.create(sequences.ids(), new Shape(sequences.batch(), sequences.time())));
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
