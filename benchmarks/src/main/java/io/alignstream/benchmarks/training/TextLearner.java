package io.alignstream.benchmarks.training;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.Clock;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.objective.NextTokenObjective;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.training.Learner;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Alignstream's side of {@code time-to-loss}: a tokenizer and a model learn a text; obeys the lines of {@code peers/nanogpt.py}. */
final class TextLearner {

    private static final int LAYERS = 4;
    private static final int WIDTH = 128;
    private static final int EVALUATION_ROWS = 32;

    private final int context;
    private final int batch;
    private final int totalSteps;
    private final double peakRate;
    private final int[] train;
    private final int[] validation;
    private final int validationBytes;
    private final Transformer model;
    private final Learner learner;
    private final NextTokenObjective objective;
    private final Random random = new Random(1);
    private double preparation;
    private int step;

    private TextLearner(BenchmarkOptions options) throws IOException {
        Clock clock = Clock.ofProcess();
        context = options.number("context", 64);
        batch = options.number("batch", 16);
        totalSteps = options.number("steps", 600);
        peakRate = Double.parseDouble(options.values().getOrDefault("rate", "0.004"));
        String text = Files.readString(options.path("train").orElseThrow());
        String held = Files.readString(options.path("validation").orElseThrow());
        Tokenizer tokenizer = new BpeTrainer(options.number("vocabulary", 1_024))
                .train(text.lines().map(l -> l + "\n"));
        train = tokenizer.encode(text);
        preparation = clock.time().seconds();
        validation = tokenizer.encode(held);
        validationBytes = held.getBytes(StandardCharsets.UTF_8).length;
        model = Transformer.initialise(TransformerConfig.of(tokenizer.vocabularySize(), LAYERS, WIDTH, context), 1);
        Precision precision = Precision.of(options.values().getOrDefault("precision", "auto"));
        learner = new Learner(model, new AdamW(model, AdamW.Settings.PRETRAINING, precision));
        objective = new NextTokenObjective(model, precision);
    }

    /** Runs until standard input ends. */
    public static void main(String[] arguments) throws IOException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        ObjectMapper json = new ObjectMapper();
        TextLearner learner = new TextLearner(BenchmarkOptions.parse(arguments));
        out.println(json.writeValueAsString(Map.of("ready", true)));
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                Map<String, Object> answer = line.equals("loss")
                        ? learner.validate()
                        : learner.take(Integer.parseInt(line.substring("steps ".length())));
                out.println(json.writeValueAsString(answer));
            }
        }
        System.exit(0); // without waiting for libtorch's threads
    }

    /** The first answer counts the tokenizer's training and the encoding, too. */
    private Map<String, Object> take(int steps) {
        Clock clock = Clock.ofProcess();
        double loss = Double.NaN;
        for (int i = 0; i < steps; i++) {
            List<int[]> rows = new ArrayList<>();
            for (int b = 0; b < batch; b++) {
                rows.add(row(train, random.nextInt(train.length - context)));
            }
            loss = learner.step(objective, Sequences.packed(rows, -1), learningRate())
                    .loss();
            step++;
        }
        Clock.Time time = clock.time();
        double seconds = time.seconds() + preparation;
        preparation = 0;
        return Map.of("seconds", seconds, "cpuSeconds", time.cpuSeconds(), "loss", loss);
    }

    /** Warm-up over a twentieth, then falling linearly over the last three quarters. */
    private double learningRate() {
        double share = (step + 1.0) / totalSteps;
        return peakRate * Math.min(1, Math.min(share * 20, (1 - share) / 0.75 + 0.02));
    }

    /** Bits per byte of the validation text, in windows without overlap as the peer's. */
    private Map<String, Object> validate() {
        double nats = 0;
        long tokens = 0;
        List<int[]> rows = new ArrayList<>();
        for (int from = 0; from + context < validation.length; from += context) {
            rows.add(row(validation, from));
            if (rows.size() == EVALUATION_ROWS || from + 2 * context >= validation.length) {
                Sequences part = Sequences.packed(rows, -1);
                nats += model.meanLoss(part) * part.targetCount();
                tokens += part.targetCount();
                rows.clear();
            }
        }
        return Map.of("nats", nats / tokens, "tokens", tokens, "bitsPerByte", bitsPerByte(nats, tokens));
    }

    private double bitsPerByte(double nats, long tokens) {
        double bytes = (double) validationBytes * tokens / validation.length;
        return nats / Math.log(2) / bytes;
    }

    private int[] row(int[] ids, int from) {
        int[] row = new int[context + 1];
        System.arraycopy(ids, from, row, 0, context + 1);
        return row;
    }
}
