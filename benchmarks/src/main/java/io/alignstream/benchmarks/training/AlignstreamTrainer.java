package io.alignstream.benchmarks.training;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.Clock;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.objective.NextTokenObjective;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.torch.MatrixProducts;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.training.Learner;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.function.Function;

/** Alignstream's side of the training benchmarks: obeys the same lines as {@code peers/pretrain.py}. */
public final class AlignstreamTrainer {

    /** As the peers'. */
    public static final double LEARNING_RATE = 1e-3;

    /** As the peers': without Muon. */
    public static final AdamW.Settings ADAMW = new AdamW.Settings(0.9, 0.95, 1e-8, 0.1, 1.0, 0, 1);

    private final int context;
    private final int batch;
    private final TokenRows rows;
    private final Learner learner;
    private final NextTokenObjective objective;
    private long step;

    private AlignstreamTrainer(BenchmarkOptions options) throws IOException {
        context = options.number("context", 1);
        batch = options.number("batch", 1);
        rows = TokenRows.read(options.path("tokens").orElseThrow(), context);
        TransformerConfig network = network(options);
        Precision precision = Precision.of(options.values().getOrDefault("precision", "auto"));
        Transformer model = Transformer.initialise(network, 1);
        learner = new Learner(model, new AdamW(model, ADAMW, precision));
        objective = new NextTokenObjective(model, precision);
    }

    /** The network that the options of a {@link TrainingShape} tell. */
    public static TransformerConfig network(BenchmarkOptions options) {
        TransformerConfig network = TransformerConfig.of(
                options.number("vocabulary", 1),
                options.number("layers", 1),
                options.number("width", 1),
                options.number("context", 1));
        if (network.heads() != options.number("heads", 1)
                || network.feedForwardWidth() != options.number("feed-forward", 1)) {
            throw new IllegalArgumentException("not the benchmark's network but " + network);
        }
        return network;
    }

    /** Runs until standard input ends. */
    public static void main(String[] arguments) throws IOException {
        AlignstreamTrainer trainer = new AlignstreamTrainer(BenchmarkOptions.parse(arguments));
        serve(trainer::answer);
    }

    /** Answers each line of standard input with a line of JSON, until it ends; then ends this program. */
    public static void serve(Function<String, Map<String, Object>> answers) throws IOException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        ObjectMapper json = new ObjectMapper();
        out.println(json.writeValueAsString(Map.of("ready", true)));
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                out.println(json.writeValueAsString(answers.apply(line)));
            }
        }
        System.exit(0); // without waiting for libtorch's threads
    }

    private Map<String, Object> answer(String line) {
        if (line.equals("ceiling")) {
            Map<String, Object> ceiling = new LinkedHashMap<>();
            for (Precision precision : Precision.values()) {
                ceiling.put(precision.label(), MatrixProducts.flopsPerSecond(precision));
            }
            return ceiling;
        }
        if (line.startsWith("steps ")) {
            return take(Integer.parseInt(line.substring("steps ".length())), (long) batch * context, this::step);
        }
        throw new IllegalArgumentException("unknown command: " + line);
    }

    private double step() {
        return learner.step(objective, next(), LEARNING_RATE).loss();
    }

    /**
     * Takes steps against the clock.
     *
     * @param tokens of each step
     * @param step takes one and returns its loss
     */
    public static Map<String, Object> take(int steps, long tokens, DoubleSupplier step) {
        Clock clock = Clock.ofProcess();
        double loss = Double.NaN;
        for (int i = 0; i < steps; i++) {
            loss = step.getAsDouble();
        }
        Clock.Time time = clock.time();
        return Map.of(
                "tokens", steps * tokens, "seconds", time.seconds(), "cpuSeconds", time.cpuSeconds(), "loss", loss);
    }

    private Sequences next() {
        return rows.batch(step++, batch);
    }

    static int[] read(Path file) throws IOException {
        IntBuffer buffer = ByteBuffer.wrap(Files.readAllBytes(file))
                .order(ByteOrder.LITTLE_ENDIAN)
                .asIntBuffer();
        int[] tokens = new int[buffer.remaining()];
        buffer.get(tokens);
        return tokens;
    }
}
