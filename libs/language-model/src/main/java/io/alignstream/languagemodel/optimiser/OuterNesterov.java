package io.alignstream.languagemodel.optimiser;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.network.Trainable;
import io.alignstream.languagemodel.torch.ArrayMemory;
import io.alignstream.languagemodel.torch.TorchProgram;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/**
 * The outer optimiser of local SGD (DiLoCo, Douillard et al., arXiv 2311.08105): brings replicas together that have taken some
 * steps of an inner optimiser each by itself.
 *
 * <p>A round begins where all replicas are the same ({@link #begin}). What a replica then comes to ({@link #way}) is how far its
 * weights have moved, and its inner moments; {@link #back} lets the next replica begin. The mean way of all replicas is the
 * gradient of SGD with Nesterov momentum on the shared weights, and the inner moments become their means ({@link #step}), so that
 * all replicas are the same again. For one thread.
 */
public final class OuterNesterov implements AutoCloseable {

    private static final String MOMENTUM = ".u";

    private static final TorchProgram PROGRAM = new TorchProgram(
            """
              def overwrite(self, a: Dict[str, Tensor], by: Dict[str, Tensor]) -> Dict[str, Tensor]:
                torch.set_grad_enabled(False)
                result: Dict[str, Tensor] = {}
                for name in a.keys():
                  result[name] = torch.copy_(a[name], by[name])
                return result

              def way(self, a: Dict[str, Tensor], b: Dict[str, Tensor], u: Dict[str, Tensor]) -> Dict[str, Tensor]:
                # of weights, which have a momentum u, the way from a back to the beginning b; the inner moments as they are
                torch.set_grad_enabled(False)
                result: Dict[str, Tensor] = {}
                for name in a.keys():
                  if name in u:
                    result[name] = torch.sub(b[name], a[name])
                  else:
                    result[name] = torch.clone(a[name])
                return result

              def outer(self, g: Dict[str, Tensor], a: Dict[str, Tensor], b: Dict[str, Tensor], u: Dict[str, Tensor], settings: Tensor) -> Dict[str, Tensor]:
                # g: the sums of the ways; settings = [learning rate, momentum, replicas]
                torch.set_grad_enabled(False)
                rate = float(settings[0])
                momentum = float(settings[1])
                replicas = float(settings[2])
                result: Dict[str, Tensor] = {}
                for name in a.keys():
                  mean = torch.div(g[name], replicas)
                  if name in u:
                    velocity = torch.add_(torch.mul_(u[name], momentum), mean)
                    mean = torch.sub(b[name], torch.add(mean, velocity, alpha=momentum), alpha=rate)
                  result[name] = torch.copy_(a[name], mean)
                return result
            """);

    private final Trainable trained;
    private final Optimiser inner;
    private final Settings settings;
    private final NDManager scope = TorchRuntime.get().newScope();
    private final ArrayMemory memory = new ArrayMemory();
    /** Of the weights, by the names of their arrays. */
    private final SequencedMap<String, NDArray> momentum = new LinkedHashMap<>();
    /** Weights and inner moments at the beginning of the round. */
    private final SequencedMap<String, NDArray> beginning = new LinkedHashMap<>();

    /**
     * Fixed settings of the outer optimiser.
     *
     * @param learningRate share of the mean way that is gone; 1 without momentum is the mean of the replicas
     * @param momentum of Nesterov
     */
    public record Settings(double learningRate, double momentum) {}

    /** An outer optimiser without momentum yet; {@code trained} and its {@code inner} optimiser stay the caller's. */
    public OuterNesterov(Trainable trained, Optimiser inner, Settings settings) {
        this.trained = trained;
        this.inner = inner;
        this.settings = settings;
        trained.weights().values().forEach(weight -> momentum.put(weight.getName(), scope.zeros(weight.getShape())));
        replica().forEach((name, array) -> beginning.put(name, scope.zeros(array.getShape())));
    }

    /** What a replica changes: weights and inner moments where they lie, by the names of their arrays. */
    private SequencedMap<String, NDArray> replica() {
        SequencedMap<String, NDArray> replica = new LinkedHashMap<>();
        trained.weights().values().forEach(weight -> replica.put(weight.getName(), weight));
        replica.putAll(inner.moments());
        return replica;
    }

    /** A round begins with the weights and inner moments as they are now. */
    public void begin() {
        overwrite(beginning, replica());
    }

    /** Weights and inner moments are what they were at the beginning of the round. */
    public void back() {
        overwrite(replica(), beginning);
    }

    /** What has become of the replica since the beginning of the round, to be added to the others'; belongs to the caller. */
    public Gradients way() {
        try (NDManager call = TorchRuntime.get().newScope()) {
            SequencedMap<String, NDArray> replica = replica();
            NDList in = new NDList();
            pass(in, call, "a", replica);
            pass(in, call, "b", beginning);
            pass(in, call, "u", momentum);
            Map<String, NDArray> computed = new HashMap<>();
            PROGRAM.run(call, "way", in).forEach(array -> computed.put(array.getName(), array));
            Gradients way = new Gradients(replica);
            way.add(computed);
            return way;
        }
    }

    /**
     * Ends the round: changes weights and inner moments, in place, from what they were at its beginning.
     *
     * @param ways the sum of what all replicas have come to
     * @param replicas how many there are
     */
    public void step(Gradients ways, int replicas) {
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = ways.arguments();
            pass(in, call, "a", replica());
            pass(in, call, "b", beginning);
            pass(in, call, "u", momentum);
            in.add(TorchRuntime.settings(call)
                    .create(new double[] {settings.learningRate, settings.momentum, replicas}));
            PROGRAM.run(call, "outer", in);
        }
    }

    private static void overwrite(Map<String, NDArray> arrays, Map<String, NDArray> by) {
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList in = new NDList();
            pass(in, call, "a", arrays);
            pass(in, call, "by", by);
            PROGRAM.run(call, "overwrite", in);
        }
    }

    /** Passes arrays as a dictionary of that name, by views: the arrays have names of their own. */
    private static void pass(NDList in, NDManager call, String dictionary, Map<String, NDArray> arrays) {
        arrays.forEach((name, array) -> {
            NDArray view = array.reshape(array.getShape());
            view.attach(call);
            view.setName(dictionary + "." + name);
            in.add(view);
        });
    }

    /** The momentum, its names {@code PREFIX.u.NAME}: views, which change with each round and end when this is closed. */
    public SequencedMap<String, Tensor> state(String prefix) {
        SequencedMap<String, Tensor> state = new LinkedHashMap<>();
        momentum.forEach((name, array) -> state.put(prefix + MOMENTUM + "." + name, memory.view(array)));
        return state;
    }

    /**
     * Restores what {@link #state} gave; of a run that had no outer optimiser there is none, and this begins without momentum.
     *
     * @throws IOException if a tensor is missing or has another shape
     */
    public void restore(String prefix, Map<String, Tensor> state) throws IOException {
        if (state.keySet().stream().anyMatch(name -> name.startsWith(prefix + MOMENTUM + "."))) {
            AdamW.restore(momentum, prefix + MOMENTUM, state);
        }
    }

    /** Frees the native memory; weights and inner moments stay. */
    @Override
    public void close() {
        memory.close();
        scope.close();
    }
}
