package io.alignstream.languagemodel.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.alignstream.languagemodel.torch.TorchProgram;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The gradients of one step: what objectives add to and an optimiser applies; for one thread.
 *
 * <p>This is the seam between a loss and its update. One batch or several micro-batches, one machine or many: what arrives
 * at the optimiser is one sum. A single batch stays in the number format in which it was computed, a sum is fp32.
 *
 * {@snippet :
 * try (Gradients gradients = new Gradients(model)) {
 *     double loss = objective.accumulate(batch, gradients);
 *     double norm = optimiser.step(gradients, learningRate);
 * }
 * }
 */
public final class Gradients implements AutoCloseable {

    private static final TorchProgram PROGRAM = new TorchProgram(
            """
              def sum(self, g: Dict[str, Tensor], h: Dict[str, Tensor]) -> Dict[str, Tensor]:
                torch.set_grad_enabled(False)
                result: Dict[str, Tensor] = {}
                for name in g.keys():
                  result[name] = torch.add(torch.to(g[name], 6), torch.to(h[name], 6))
                return result
            """);

    private final List<String> names;
    private final NDManager scope = TorchRuntime.get().newScope();
    private NDList sums = new NDList();

    /** No gradients yet of {@code trained}. */
    public Gradients(Trainable trained) {
        this.names = List.copyOf(trained.weights().keySet());
    }

    /**
     * Adds the gradients of one batch.
     *
     * @param computed one array for each weight by its name; they belong to this object from now on
     */
    public void add(Map<String, NDArray> computed) {
        if (!computed.keySet().equals(Set.copyOf(names))) {
            throw new IllegalArgumentException(
                    "gradients of " + computed.keySet() + " do not fit the weights " + names);
        }
        NDList added = new NDList(names.size());
        for (String name : names) {
            NDArray gradient = Objects.requireNonNull(computed.get(name));
            gradient.setName("g." + name);
            added.add(gradient);
        }
        added.attach(scope);
        if (sums.isEmpty()) {
            sums = added;
            return;
        }
        NDList in = new NDList(2 * names.size());
        in.addAll(sums);
        added.forEach(gradient -> gradient.setName(gradient.getName().replaceFirst("g", "h")));
        in.addAll(added);
        Map<String, NDArray> total = new HashMap<>();
        PROGRAM.run(scope, "sum", in).forEach(sum -> total.put(sum.getName(), sum));
        sums.close();
        added.close();
        sums = new NDList();
        add(total);
    }

    /** The sums as a program's dictionary {@code g}, in the weights' order; they stay this object's. */
    public NDList arguments() {
        if (sums.isEmpty()) {
            throw new IllegalStateException("there are no gradients: let an objective add some before the step");
        }
        return new NDList(sums);
    }

    /** Frees the native memory. */
    @Override
    public void close() {
        scope.close();
    }
}
