package io.alignstream.languagemodel.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.alignstream.languagemodel.collective.GradientSum;
import io.alignstream.languagemodel.collective.ProcessGroup;
import io.alignstream.languagemodel.generation.Engine;
import io.alignstream.languagemodel.generation.PreparedWeights;
import io.alignstream.languagemodel.generation.TextEmbedder;
import io.alignstream.languagemodel.generation.TextRequest;
import io.alignstream.languagemodel.generation.TextScorer;
import io.alignstream.languagemodel.generation.TokenConstraint;
import io.alignstream.languagemodel.generation.TokenSampler;
import io.alignstream.languagemodel.generation.WeightFormat;
import io.alignstream.languagemodel.insight.Inspector;
import io.alignstream.languagemodel.network.Architecture;
import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.network.LoraAdapters;
import io.alignstream.languagemodel.network.LoraSettings;
import io.alignstream.languagemodel.network.RotaryScaling;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Trainable;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.network.Variant;
import io.alignstream.languagemodel.objective.DistillationObjective;
import io.alignstream.languagemodel.objective.DpoObjective;
import io.alignstream.languagemodel.objective.GrpoObjective;
import io.alignstream.languagemodel.objective.MaskedTokenObjective;
import io.alignstream.languagemodel.objective.NextTokenObjective;
import io.alignstream.languagemodel.objective.Objective;
import io.alignstream.languagemodel.objective.PolicyObjective;
import io.alignstream.languagemodel.objective.RankedPair;
import io.alignstream.languagemodel.objective.RankingObjective;
import io.alignstream.languagemodel.objective.ValueObjective;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.optimiser.OuterNesterov;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * That programs run wherever their data lie, checked without a card: each call that a network, an objective, an optimiser
 * or an engine makes runs once more on libtorch's device {@code meta}, whose tensors have shapes and no numbers. What reads
 * one fails there, and so does what meets a tensor of the processor in an operation element by element. Matrix products and
 * the like do not look; that nothing of the processor comes to them follows from the text: tensors are made on the device of
 * data, and settings are nothing but numbers.
 */
class ProgramsOnAnyDeviceTest {

    /** Calls that are no one's data on one device, and why. */
    private static final Map<String, String> ELSEWHERE = Map.of(
            "overwritten",
            "copies from one device to another",
            "version",
            "asks a library what it is, which may not be there");

    private static final TorchProgram DEVICES = new TorchProgram(
            """
              def without_numbers(self, x: Tensor) -> Tensor:
                return torch.to(x, torch.device("meta"))

              def has_numbers(self, x: Tensor) -> Tensor:
                if x.is_meta:
                  return torch.zeros([1])
                return torch.ones([1])
            """);

    private static final Sequences BATCH = Sequences.answers(
            List.of(new int[] {1, 2, 3, 4, 5, 6}, new int[] {3, 4, 5, 6}, new int[] {7, 8, 9, 1, 2}, new int[] {4, 5, 6
            }),
            List.of(2, 1, 2, 1));

    private final Map<TorchProgram, ProgramText> texts = new LinkedHashMap<>();
    private final Map<TorchProgram, TorchProgram> shapes = new HashMap<>();
    private final Map<String, Integer> replayed = new TreeMap<>();
    private final List<String> faults = new ArrayList<>();

    @Test
    void every_method_runs_where_its_data_lie_and_reads_none_of_them() {
        // Given: whatever calls programs

        // When
        ScopedValue.where(TorchProgram.LISTENER, this::replay).run(ProgramsOnAnyDeviceTest::callEverything);

        // Then
        assertThat(faults).isEmpty();
        assertThat(replayed.keySet()).containsAll(methodsThatAreCalled());
        assertThat(texts.values().stream().flatMap(text -> text.faults().stream()))
                .isEmpty();
    }

    @Test
    void tensors_of_the_processor_and_data_that_are_read_are_found() {
        // Given
        TorchProgram wrong = new TorchProgram(
                """
                  def made(self, x: Tensor) -> Tensor:
                    return torch.add(x, torch.ones([2]))

                  def read(self, x: Tensor) -> Tensor:
                    return torch.mul(x, float(torch.sum(x)))

                  def mixed(self, x: Tensor, size: Tensor) -> Tensor:
                    return torch.mul(x, size)
                """);

        // When
        List<String> found = new ProgramText(wrong.text()).faults();

        // Then
        assertThat(found)
                .anyMatch(fault -> fault.startsWith("made: torch.ones("))
                .anyMatch(fault -> fault.startsWith("read: float("))
                .anyMatch(fault -> fault.startsWith("mixed: torch.mul("));
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDArray x = withoutNumbers(call, call.ones(new ai.djl.ndarray.types.Shape(2)));
            assertThatThrownBy(() -> wrong.run(call, "made", new NDList(x))).hasMessageContaining("device");
            assertThatThrownBy(() -> wrong.run(call, "read", new NDList(x))).hasMessageContaining("Meta tensors");
        }
    }

    @Test
    void a_cards_attention_gives_the_gradients_that_the_processors_gives() {
        // Given
        Map<String, Double> distances = new TreeMap<>();
        TorchProgram.Listener compare = (program, method, arguments) -> ScopedValue.where(
                        TorchProgram.LISTENER, (other, called, with) -> {})
                .run(() -> {
                    TorchProgram card = TorchProgram.ofWhole(program.text().replace("if not qkv.is_cpu:", "if True:"));
                    try (NDManager call = TorchRuntime.get().newScope()) {
                        NDList expected = program.run(call, method, new NDList(arguments));
                        NDList actual = card.run(call, method, new NDList(arguments));
                        for (NDArray gradient : expected) {
                            distances.merge(
                                    gradient.getName(), distance(actual.get(gradient.getName()), gradient), Math::max);
                        }
                    }
                });

        // When
        for (Architecture architecture : Architecture.values()) {
            try (Transformer network = Transformer.initialise(config(architecture, true), 3);
                    Gradients gradients = new Gradients(network)) {
                ScopedValue.where(TorchProgram.LISTENER, compare)
                        .run(() -> new NextTokenObjective(network).accumulate(BATCH, gradients));
            }
        }

        // Then
        assertThat(distances).hasSizeGreaterThan(20);
        assertThat(distances.values()).allMatch(distance -> distance < 1e-5);
    }

    /** Norm of the difference for each unit of the norm of {@code expected}. */
    private static double distance(NDArray actual, NDArray expected) {
        float[] a = actual.toFloatArray();
        float[] b = expected.toFloatArray();
        double difference = 0;
        double size = 1e-30;
        for (int i = 0; i < b.length; i++) {
            difference += Math.pow(a[i] - b[i], 2);
            size += Math.pow(b[i], 2);
        }
        return Math.sqrt(difference / size);
    }

    /** Runs a call on tensors without numbers, settings apart. */
    private void replay(TorchProgram program, String method, NDList arguments) {
        ScopedValue.where(TorchProgram.LISTENER, (other, called, with) -> {})
                .run(() -> replayUnheard(program, method, arguments));
    }

    private void replayUnheard(TorchProgram program, String method, NDList arguments) {
        ProgramText text = texts.computeIfAbsent(program, one -> new ProgramText(one.text()));
        TorchProgram shape = shapes.computeIfAbsent(program, ProgramsOnAnyDeviceTest::ofShapes);
        try (NDManager call = TorchRuntime.get().newScope()) {
            NDList elsewhere = new NDList();
            int at = 0;
            for (ProgramText.Parameter parameter : text.parameters(method)) {
                String group = at < arguments.size() ? group(arguments.get(at)) : "";
                do {
                    NDArray array = arguments.get(at++);
                    boolean setting = parameter.isSetting() || "w.adapters.scale".equals(array.getName());
                    if (setting != array.getManager().getName().equals(TorchRuntime.SETTINGS)) {
                        faults.add(method + ": " + parameter.name() + " " + array.getName() + " is made as "
                                + (setting ? "data" : "a setting"));
                    }
                    elsewhere.add(setting ? array : withoutNumbers(call, array));
                } while (!group.isEmpty()
                        && at < arguments.size()
                        && group(arguments.get(at)).equals(group));
            }
            for (NDArray result : shape.run(call, method, elsewhere)) {
                String name = result.getName();
                result.setName("x");
                if (DEVICES.run(call, "has_numbers", new NDList(result))
                                .singletonOrThrow()
                                .toFloatArray()[0]
                        != 0) {
                    faults.add(method + ": " + name + " lies on the processor");
                }
            }
            replayed.merge(method, 1, Integer::sum);
        } catch (RuntimeException e) {
            throw new IllegalStateException(method + " needs the processor", e);
        }
    }

    /** Dictionary or list that an argument belongs to. */
    private static String group(NDArray argument) {
        String name = argument.getName();
        if (name == null) {
            return "";
        }
        return name.endsWith("[]") ? name : name.contains(".") ? name.substring(0, name.indexOf('.')) : "";
    }

    private static NDArray withoutNumbers(NDManager call, NDArray array) {
        NDArray plain = array.duplicate();
        plain.setName("x");
        plain.attach(call);
        NDArray meta = DEVICES.run(call, "without_numbers", new NDList(plain)).singletonOrThrow();
        meta.setName(array.getName());
        return meta;
    }

    /** The same program, but for the operations that libtorch itself has no shapes of. */
    private static TorchProgram ofShapes(TorchProgram program) {
        String text = program.text();
        for (Map.Entry<String, String> operation : ProgramText.WITHOUT_SHAPES.entrySet()) {
            text = text.replace(operation.getKey(), operation.getValue());
        }
        return TorchProgram.ofWhole(text + ProgramText.SHAPES);
    }

    /** Of the module's classes: what they run by name. */
    private static List<String> methodsThatAreCalled() {
        List<String> methods = new ArrayList<>();
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".java")).toList()) {
                Matcher run =
                        Pattern.compile("\\brun\\(\\s*\\w+,\\s*\"(\\w+)\"").matcher(Files.readString(file));
                while (run.find()) {
                    if (!ELSEWHERE.containsKey(run.group(1))) {
                        methods.add(run.group(1));
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        assertThat(methods).hasSizeGreaterThan(12);
        return methods;
    }

    private static void callEverything() {
        for (TransformerConfig config : List.of(
                config(Architecture.LLAMA, true),
                config(Architecture.QWEN2, false),
                config(Architecture.QWEN3, true))) {
            for (Precision precision : Precision.values()) {
                try (Transformer network = Transformer.initialise(config, 3)
                                .computeIn(precision)
                                .checkpointActivations(precision == Precision.BFLOAT16);
                        AdamW optimiser = new AdamW(network, AdamW.Settings.PRETRAINING, precision)) {
                    step(new NextTokenObjective(network, precision), BATCH, network, optimiser);
                    try (Transformer teacher = Transformer.initialise(config, 4)) {
                        step(new DistillationObjective(network, teacher, 2, 0.5), BATCH, network, optimiser);
                    }
                    callOuter(network, optimiser);
                    network.meanLoss(BATCH);
                    network.hits(BATCH);
                    network.logits(1, 2, 3);
                }
            }
            try (Transformer network = Transformer.initialise(config, 3)) {
                network.addHead(1);
                callHeads(network);
                callAdapters(network);
                Inspector inspector = new Inspector(network);
                inspector.inspect(1, 2, 3);
                inspector.similarities(inspector.embeddings(1)[0]);
                for (WeightFormat format : WeightFormat.values()) {
                    try (PreparedWeights weights = new PreparedWeights(network, format)) {
                        callWriting(weights);
                        new TextScorer(weights).logProbability(1, 2, 3);
                        new TextScorer(weights).logProbabilities(new int[] {1, 2, 3}, every -> {});
                        new TextEmbedder(weights).embed(List.of(new int[] {1, 2, 3}, new int[] {4}));
                    }
                }
            }
        }
        for (Precision precision : Precision.values()) {
            try (Transformer network = Transformer.initialise(config(Architecture.EUROBERT, true), 3)
                            .computeIn(precision)
                            .checkpointActivations(precision == Precision.BFLOAT16);
                    AdamW optimiser = new AdamW(network, AdamW.Settings.PRETRAINING, precision)) {
                step(new MaskedTokenObjective(network, precision), BATCH, network, optimiser);
                network.meanLoss(BATCH);
            }
        }
        measureProducts();
    }

    private static void callOuter(Transformer network, AdamW optimiser) {
        try (OuterNesterov outer = new OuterNesterov(network, optimiser, new OuterNesterov.Settings(0.7, 0.9))) {
            outer.begin();
            outer.back();
            try (Gradients way = outer.way()) {
                outer.step(way, 1);
            }
        }
    }

    private static void callHeads(Transformer network) {
        try (AdamW optimiser = new AdamW(network, AdamW.Settings.REINFORCEMENT)) {
            float[][] logs = network.logProbabilities(BATCH, 0.9);
            float[][] values = network.scalars(BATCH);
            step(
                    new PolicyObjective(network, 0.9, 0.2),
                    new PolicyObjective.Batch(BATCH, logs, values),
                    network,
                    optimiser);
            step(
                    new GrpoObjective(network, 0.9, 0.2, 0.1),
                    new GrpoObjective.Batch(BATCH, logs, logs, new float[] {1, -1, 2, -2}),
                    network,
                    optimiser);
            step(
                    new DpoObjective(network, 0.1),
                    new DpoObjective.Batch(BATCH, network.answerLogProbabilities(BATCH)),
                    network,
                    optimiser);
            step(
                    new ValueObjective(network, 0.2, 0.5),
                    new ValueObjective.Batch(BATCH, values, logs),
                    network,
                    optimiser);
            step(
                    new RankingObjective(network, 0.01),
                    new RankingObjective.Batch(
                            BATCH,
                            new int[] {4, 2, 3, 1},
                            List.of(new RankedPair(0, 1, 0, 0.5, false), new RankedPair(2, 3, 0, 0.5, true))),
                    network,
                    optimiser);
        }
    }

    private static void callAdapters(Transformer network) {
        LoraSettings settings = new LoraSettings(3, 6, new TreeSet<>(List.of("q_proj", "down_proj")), List.of(2, 5));
        try (LoraAdapters adapters = LoraAdapters.initialise(network, settings, 1);
                AdamW optimiser = new AdamW(adapters, AdamW.Settings.FINE_TUNING)) {
            step(new NextTokenObjective(adapters), BATCH, adapters, optimiser);
            adapters.merged().close();
        }
    }

    private static void callWriting(PreparedWeights weights) {
        List<TokenSampler> samplers = List.of(
                TokenSampler.atTemperature(0),
                new TokenSampler(1, 0.9, 5, 0.01, new TokenSampler.Penalties(1.1, 0.1, 0.1), Map.of(7, 2.0)));
        for (TokenSampler sampler : samplers) {
            try (Engine engine = new Engine(weights, 90, Engine.Capacity.of(2, 40))) {
                engine.start(new TextRequest(new int[] {1, 2, 3}, 3, sampler, () -> 0.5));
                engine.start(new TextRequest(new int[] {4}, 3, sampler, () -> 0.5, 3, Optional.of(anything())));
                for (int i = 0; i < 3 && engine.active() > 0; i++) {
                    engine.step();
                }
            }
        }
    }

    private static TokenConstraint anything() {
        BitSet all = new BitSet();
        all.set(0, 90);
        return new TokenConstraint() {
            @Override
            public BitSet allowed() {
                return all;
            }

            @Override
            public void advance(int token) {
                // everything may follow
            }
        };
    }

    /** One call is enough: the others would take seconds. */
    private static void measureProducts() {
        TorchProgram.Listener replay = TorchProgram.LISTENER.get();
        IllegalStateException enough = new IllegalStateException("replayed");
        TorchProgram.Listener once = (program, method, arguments) -> {
            replay.called(program, method, arguments);
            if (method.equals("products")) {
                throw enough;
            }
        };
        ScopedValue.where(TorchProgram.LISTENER, once)
                .run(() -> assertThatThrownBy(() -> MatrixProducts.flopsPerSecond(Precision.FLOAT32))
                        .isSameAs(enough));
    }

    private static <B, L> void step(Objective<B, L> objective, B batch, Trainable trained, AdamW optimiser) {
        try (ProcessGroup alone = ProcessGroup.join(
                        null, InetAddress.getLoopbackAddress(), 0, 1, Duration.ofSeconds(1), Duration.ofSeconds(1));
                GradientSum sum = new GradientSum();
                Gradients gradients = new Gradients(trained)) {
            gradients.weigh(0.5);
            objective.accumulate(batch, gradients);
            objective.accumulate(batch, gradients);
            optimiser.step(sum.of(alone, List.of(gradients), 1), 1e-3);
        }
    }

    private static TransformerConfig config(Architecture architecture, boolean tied) {
        return new TransformerConfig(
                97,
                2,
                64,
                4,
                2,
                96,
                64,
                10_000,
                1e-5,
                tied,
                new Variant(architecture, 16, architecture == Architecture.QWEN2, false, RotaryScaling.NONE));
    }
}
