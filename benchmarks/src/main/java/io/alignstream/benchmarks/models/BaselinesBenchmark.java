package io.alignstream.benchmarks.models;

import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.lessons.model.LanguageModel;
import io.alignstream.lessons.network.Cell;
import io.alignstream.lessons.network.RecurrentNetwork;
import io.alignstream.lessons.ngram.KneserNey;
import io.alignstream.pretrain.Depth;
import io.alignstream.pretrain.data.PreparedText;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * What the transformer adds: bits per byte of held-out text for it and for n-grams, LSTM and GRU, on the same tokens of
 * the same split.
 *
 * <p>The n-grams read all of the training text; the networks take the same number of steps on batches of the same size.
 */
public final class BaselinesBenchmark {

    private static final int LAYERS = 2;
    /** Of the recurrent networks; falls linearly to a tenth. */
    private static final double RATE = 0.003;

    private final PreparedText text;
    private final List<int[]> validation;
    private final int depth;
    private final int steps;
    private final List<Row> rows = new ArrayList<>();

    /** One line of the report. */
    record Row(String model, long parameters, double bitsPerByte, double seconds) {

        String json() {
            return String.format(
                    Locale.ROOT,
                    "{\"benchmark\":\"baselines\",\"model\":\"%s\",\"parameters\":%d,\"bitsPerByte\":%.4f,"
                            + "\"seconds\":%.1f}",
                    model,
                    parameters,
                    bitsPerByte,
                    seconds);
        }
    }

    private BaselinesBenchmark(PreparedText text, int depth, int steps) {
        this.text = text;
        this.validation = text.validation()
                .subList(
                        0,
                        Math.min(TransformerTrial.VALIDATION, text.validation().size()));
        this.depth = depth;
        this.steps = steps;
    }

    /** Runs it and returns the exit code. */
    public static int run(PrintStream out, BenchmarkOptions options) throws IOException {
        options.only("text", "depth", "steps");
        PreparedText text = TransformerTrial.text(options.path("text"));
        int depth = options.number("depth", 4);
        BaselinesBenchmark benchmark = new BaselinesBenchmark(text, depth, options.number("steps", 300));
        out.printf(
                Locale.ROOT,
                "%,d training and %,d validation sequences of %d tokens; networks: %d steps of %d sequences%n",
                text.training().size(),
                benchmark.validation.size(),
                TransformerTrial.LENGTH,
                benchmark.steps,
                new Depth(depth).batchSequences());
        benchmark.compare(out);
        if (options.json().isPresent()) {
            Files.write(
                    options.json().get(), benchmark.rows.stream().map(Row::json).toList());
        }
        return 0;
    }

    private void compare(PrintStream out) throws IOException {
        for (int order : new int[] {3, 5}) {
            long began = System.nanoTime();
            KneserNey grams = new KneserNey(order, text.tokenizer().vocabularySize()).train(text.training());
            add(out, "Kneser-Ney, order " + order, grams.parameters(), bitsPerByte(grams), began);
        }
        for (Cell cell : List.of(Cell.LSTM, Cell.GRU)) {
            long began = System.nanoTime();
            try (RecurrentNetwork network = recurrent(cell)) {
                add(out, cell.name(), network.parameters(), trained(network), began);
            }
        }
        long began = System.nanoTime();
        TransformerTrial trial = new TransformerTrial(text, depth, steps);
        double bits = trial.bitsPerByte();
        add(out, "transformer, depth " + depth, trial.network().parameters(), bits, began);
    }

    private void add(PrintStream out, String model, long parameters, double bits, long began) {
        Row row = new Row(model, parameters, bits, (System.nanoTime() - began) / 1e9);
        rows.add(row);
        out.println(row.json());
    }

    private double bitsPerByte(LanguageModel model) {
        return bitsPerByte(sequences -> {
            float[][] logs = model.logProbabilities(sequences);
            double nats = 0;
            for (int b = 0; b < logs.length; b++) {
                int[] row = sequences.get(b);
                for (int t = 1; t < row.length; t++) {
                    nats -= row[t] == text.tokenizer().pad() ? 0 : logs[b][t - 1];
                }
            }
            return nats;
        });
    }

    /** From the sum of the losses of some sequences. */
    private double bitsPerByte(ToDoubleFunction<List<int[]>> loss) {
        double bytes = 0;
        for (int[] row : validation) {
            bytes += IntStream.range(1, row.length)
                    .map(t -> text.tokenizer().byteLength(row[t]))
                    .sum();
        }
        int batch = new Depth(depth).batchSequences();
        double nats = 0;
        for (int from = 0; from < validation.size(); from += batch) {
            nats += loss.applyAsDouble(validation.subList(from, Math.min(validation.size(), from + batch)));
        }
        return nats / Math.log(2) / bytes;
    }

    private RecurrentNetwork recurrent(Cell cell) {
        int vocabulary = text.tokenizer().vocabularySize();
        return new RecurrentNetwork(
                new RecurrentNetwork.Sizes(cell, LAYERS, vocabulary, 2 * new Depth(depth).width()), 1);
    }

    private double trained(RecurrentNetwork network) {
        int batch = new Depth(depth).batchSequences();
        List<int[]> order = new ArrayList<>(text.training());
        Random random = new Random(1);
        int next = order.size();
        for (int step = 0; step < steps; step++) {
            if (next + batch > order.size()) {
                Collections.shuffle(order, random);
                next = 0;
            }
            network.step(order.subList(next, next + batch), RATE * Math.max(0.1, 1 - 0.9 * step / steps));
            next += batch;
        }
        return bitsPerByte(network);
    }
}
