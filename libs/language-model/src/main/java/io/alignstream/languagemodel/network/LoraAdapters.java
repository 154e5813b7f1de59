package io.alignstream.languagemodel.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.torch.ArrayMemory;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SplittableRandom;

/**
 * Low-rank adapters of a network whose own weights stay as they are: a projection W becomes W + scale·B·A. A scalar head of
 * the network is theirs, too, and learns with them.
 *
 * <p>{@link #network} is the base with them: it shares the base's weights, so that several models with adapters on one
 * base take the memory of one, and the base itself stays what it was. Programs merge them at each step and differentiate by
 * A and B only: gradients and the optimiser's moments are those of the adapters, and of the three matrix products of a
 * projection one falls away. Views have the names of PEFT's adapter files. For one thread; to be closed before the base.
 */
public final class LoraAdapters implements Trainable, AutoCloseable {

    private static final String PEFT = "base_model.model.";
    private static final String ROWS = ".token_adapter.trainable_tokens_delta";

    private final Transformer base;
    private final Transformer network;
    private final LoraSettings settings;
    private final NDManager scope;
    private final ArrayMemory memory = new ArrayMemory();
    private final SequencedMap<String, NDArray> weights = new LinkedHashMap<>();
    private final NDArray tokens;
    private final NDArray scale;

    private LoraAdapters(Transformer base, LoraSettings settings) {
        if (base.adapters().isPresent()) {
            throw new IllegalArgumentException("a network with adapters is no base for others");
        }
        if (settings.lowestBlock() >= base.config().layers()) {
            throw new IllegalArgumentException("adapters begin at block " + settings.lowestBlock()
                    + " but the network has " + base.config().layers());
        }
        this.base = base;
        this.settings = settings;
        this.scope = TorchRuntime.get().newScope();
        this.tokens = scope.create(
                settings.tokens().stream().mapToLong(Integer::longValue).toArray());
        this.tokens.setName("w.adapters.tokens");
        this.scale = TorchRuntime.settings(scope).create(settings.scale());
        this.scale.setName("w.adapters.scale");
        this.network = base.adapted(this);
        int vocabulary = base.config().vocabularySize();
        if (settings.tokens().stream().anyMatch(token -> token < 0 || token >= vocabulary)) {
            throw new IllegalArgumentException(
                    "tokens " + settings.tokens() + " must lie between 0 and " + (vocabulary - 1));
        }
    }

    /** Adapters that change nothing yet: A is uniform in ±1/√in, B is 0, rows and head are the base's. */
    public static LoraAdapters initialise(Transformer base, LoraSettings settings, long seed) {
        LoraAdapters adapters = new LoraAdapters(base, settings);
        SplittableRandom random = SeededRandom.of(seed, "lora", 0);
        adapters.shapes().forEach((name, shape) -> {
            adapters.put(name, ArrayMemory.make(adapters.scope, shape, values -> {
                if (name.startsWith("A.")) {
                    double bound = 1 / StrictMath.sqrt(shape.get(1));
                    while (values.hasRemaining()) {
                        values.put((float) random.nextDouble(-bound, bound));
                    }
                } else if (name.equals(Transformer.HEAD)) {
                    values.put(ArrayMemory.floats(base.head()));
                } else if (name.startsWith("rows.")) {
                    adapters.copyRows(name.substring("rows.".length()), values);
                }
            }));
        });
        return adapters;
    }

    /**
     * The adapters that {@link #views} gave.
     *
     * @throws IOException if a tensor is missing or does not fit
     */
    public static LoraAdapters of(Transformer base, LoraSettings settings, Map<String, Tensor> tensors)
            throws IOException {
        LoraAdapters adapters = new LoraAdapters(base, settings);
        try {
            for (Map.Entry<String, Shape> entry : adapters.shapes().entrySet()) {
                Tensor tensor = Weights.require(tensors, peftName(entry.getKey()), entry.getValue(), "the adapters");
                adapters.put(entry.getKey(), ArrayMemory.copy(adapters.scope, tensor));
            }
            return adapters;
        } catch (IOException | RuntimeException e) {
            adapters.close();
            throw e;
        }
    }

    /**
     * Others on the same base.
     *
     * @param tensors what {@link #views} gave
     * @throws IOException if a tensor is missing or does not fit
     */
    LoraAdapters with(Map<String, Tensor> tensors) throws IOException {
        LoraAdapters others = of(base, settings, tensors);
        others.network.computeIn(network.precision());
        return others;
    }

    /**
     * What goes on from {@code network}: a copy of its adapters if it has some, otherwise new ones that change nothing yet.
     *
     * @param settings of new ones
     */
    public static LoraAdapters from(Transformer network, LoraSettings settings, long seed) {
        try {
            return network.adapters().isPresent()
                    ? network.adapters().get().with(network.adapters().get().views())
                    : initialise(network, settings, seed);
        } catch (IOException e) {
            throw new IllegalStateException("adapters do not fit themselves", e);
        }
    }

    @Override
    public int lowestBlock() {
        return settings.lowestBlock();
    }

    public LoraSettings settings() {
        return settings;
    }

    /** The adapters where they lie, under PEFT's names, in a fixed order: they change as they learn and end when this is closed. */
    public SequencedMap<String, Tensor> views() {
        SequencedMap<String, Tensor> views = new LinkedHashMap<>();
        weights.forEach((name, array) -> views.put(peftName(name), memory.view(array)));
        return views;
    }

    /** An independent network with the adapters worked into its weights. */
    public Transformer merged() {
        return network.copy();
    }

    /** Changes the weights of {@code copy}, an independent copy of the base, to what they are with the adapters. */
    void workInto(Transformer copy) {
        copy.weights().forEach((name, target) -> {
            NDArray a = weights.get("A." + name);
            NDArray b = weights.get("B." + name);
            NDArray rows = weights.get("rows." + name);
            if (a != null && b != null) {
                try (NDArray product = b.matMul(a);
                        NDArray scaled = product.mul((float) settings.scale())) {
                    target.addi(scaled);
                }
            }
            if (rows != null) {
                List<Integer> ids = settings.tokens();
                for (int i = 0; i < ids.size(); i++) {
                    try (NDArray row = rows.get(i)) {
                        target.set(new NDIndex(ids.get(i)), row);
                    }
                }
            }
        });
    }

    /** The base with the adapters; stays theirs. */
    @Override
    public Transformer network() {
        return network;
    }

    @Override
    public SequencedMap<String, NDArray> weights() {
        return weights;
    }

    /** Adds to a program's first argument what makes the base's weights the adapted network's; the head is among them. */
    void addTo(NDList in) {
        weights.forEach((name, weight) -> {
            if (!name.equals(Transformer.HEAD)) {
                in.add(weight);
            }
        });
        in.add(tokens);
        in.add(scale);
    }

    @Override
    public void close() {
        network.close();
        memory.close();
        scope.close();
    }

    private void copyRows(String name, FloatBuffer values) {
        NDArray weight = base.weights().get(name);
        if (weight == null) {
            throw new IllegalStateException("no weight " + name);
        }
        FloatBuffer rows = ArrayMemory.floats(weight);
        int width = base.config().width();
        for (int token : settings.tokens()) {
            values.put(rows.slice(token * width, width));
        }
    }

    private SequencedMap<String, Shape> shapes() {
        SequencedMap<String, Shape> shapes = new LinkedHashMap<>();
        Weights.shapes(base.config()).forEach((name, shape) -> {
            if (settings.targets(name)) {
                shapes.put("A." + name, new Shape(settings.rank(), shape.get(1)));
                shapes.put("B." + name, new Shape(shape.get(0), settings.rank()));
            } else if (!settings.tokens().isEmpty()
                    && (name.equals(Weights.EMBEDDING) || name.equals(Weights.OUTPUT))) {
                shapes.put("rows." + name, new Shape(settings.tokens().size(), shape.get(1)));
            }
        });
        if (base.hasHead()) {
            shapes.put(Transformer.HEAD, new Shape(1, base.config().width()));
        }
        return shapes;
    }

    private static String peftName(String name) {
        if (name.equals(Transformer.HEAD)) {
            return PEFT + name;
        }
        String kind = name.substring(0, name.indexOf('.'));
        String module = name.substring(kind.length() + 1, name.length() - ".weight".length());
        return PEFT
                + module
                + switch (kind) {
                    case "A" -> ".lora_A.weight";
                    case "B" -> ".lora_B.weight";
                    default -> ROWS;
                };
    }

    private void put(String name, NDArray array) {
        array.setName("w." + name);
        weights.put(name, array);
        if (name.equals(Transformer.HEAD)) {
            network.put(name, array);
        }
    }
}
