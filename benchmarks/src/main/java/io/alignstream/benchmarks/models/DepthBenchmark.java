package io.alignstream.benchmarks.models;

import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.pretrain.Depth;
import io.alignstream.pretrain.data.PreparedText;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The dial: bits per byte of held-out text for several depths, each trained with the same amount of compute.
 *
 * <p>The compute is that of depth 4 for {@code --steps} steps; a smaller network takes more steps, a larger one fewer.
 */
public final class DepthBenchmark {

    private static final int REFERENCE = 4;
    private static final int[] DEPTHS = {1, 2, 3, 4, 6};

    private DepthBenchmark() {}

    /** Runs it and returns the exit code. */
    public static int run(PrintStream out, BenchmarkOptions options) throws IOException {
        options.only("text", "steps");
        PreparedText text = TransformerTrial.text(options.path("text"));
        double work = new TransformerTrial(text, REFERENCE, 1).stepWork() * options.number("steps", 150);
        List<String> lines = new ArrayList<>();
        for (int depth : DEPTHS) {
            int steps = (int) Math.max(1, Math.round(work / new TransformerTrial(text, depth, 1).stepWork()));
            TransformerTrial trial = new TransformerTrial(text, depth, steps);
            long began = System.nanoTime();
            double bits = trial.bitsPerByte();
            Depth dial = new Depth(depth);
            lines.add(String.format(
                    Locale.ROOT,
                    "{\"benchmark\":\"depth\",\"depth\":%d,\"width\":%d,\"parameters\":%d,\"steps\":%d,\"tokens\":%d,"
                            + "\"learningRate\":%.4f,\"bitsPerByte\":%.4f,\"seconds\":%.1f}",
                    depth,
                    dial.width(),
                    trial.network().parameters(),
                    steps,
                    (long) steps * dial.batchSequences() * TransformerTrial.LENGTH,
                    dial.learningRate(),
                    bits,
                    (System.nanoTime() - began) / 1e9));
            out.println(lines.getLast());
        }
        if (options.json().isPresent()) {
            Files.write(options.json().get(), lines);
        }
        return 0;
    }
}
