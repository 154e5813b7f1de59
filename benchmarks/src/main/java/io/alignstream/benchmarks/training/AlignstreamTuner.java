package io.alignstream.benchmarks.training;

import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.languagemodel.network.LoraAdapters;
import io.alignstream.languagemodel.network.LoraSettings;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Trainable;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.objective.NextTokenObjective;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.training.Learner;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Fine-tunes all weights, or LoRA adapters with the option {@code --rank}, with the very steps that sft-service takes; the
 * second half of each row is learned, as an answer would be.
 */
final class AlignstreamTuner {

    /** That AdamW keeps of each trained parameter. */
    private static final long MOMENTS = 2;

    private static final double LEARNING_RATE = 1e-4;

    private final int context;
    private final int batch;
    private final int[] tokens;
    private final Transformer model;
    private final @Nullable LoraAdapters adapters;
    private final Learner learner;
    private final NextTokenObjective objective;
    private long step;

    private AlignstreamTuner(BenchmarkOptions options) throws IOException {
        context = options.number("context", 1);
        batch = options.number("batch", 1);
        tokens = AlignstreamTrainer.read(options.path("tokens").orElseThrow());
        TransformerConfig network = TransformerConfig.of(
                options.number("vocabulary", 1), options.number("layers", 1), options.number("width", 1), context);
        model = Transformer.initialise(network, 1);
        if (options.values().containsKey("rank")) {
            int rank = options.number("rank", 1);
            adapters = LoraAdapters.initialise(
                    model,
                    new LoraSettings(rank, 2 * rank, new TreeSet<>(LoraSettings.PROJECTIONS), List.of(0, 1, 2, 3)),
                    1);
        } else {
            adapters = null;
        }
        Trainable trained = adapters == null ? model : adapters;
        learner = new Learner(trained, AdamW.Settings.FINE_TUNING);
        objective = new NextTokenObjective(trained);
    }

    /** Runs until standard input ends. */
    public static void main(String[] arguments) throws IOException {
        AlignstreamTuner tuner = new AlignstreamTuner(BenchmarkOptions.parse(arguments));
        AlignstreamTrainer.serve(tuner::answer);
    }

    private Map<String, Object> answer(String line) {
        if (line.equals("sizes")) {
            long trained = adapters == null
                    ? model.config().parameters()
                    : adapters.views().values().stream()
                            .mapToLong(tensor -> tensor.data().remaining() / Float.BYTES)
                            .sum();
            return Map.of("trainedParameters", trained, "optimiserBytes", MOMENTS * Float.BYTES * trained);
        }
        if (line.startsWith("steps ")) {
            int steps = Integer.parseInt(line.substring("steps ".length()));
            return AlignstreamTrainer.take(steps, (long) batch * context, this::step);
        }
        throw new IllegalArgumentException("unknown command: " + line);
    }

    private double step() {
        List<int[]> ids = new ArrayList<>();
        List<boolean[]> learned = new ArrayList<>();
        int rows = tokens.length / context;
        for (int b = 0; b < batch; b++) {
            int from = (int) ((step * batch + b) % rows) * context;
            ids.add(Arrays.copyOfRange(tokens, from, from + context));
            boolean[] answer = new boolean[context];
            Arrays.fill(answer, context / 2, context, true);
            learned.add(answer);
        }
        step++;
        return learner.step(objective, Sequences.of(ids, learned), LEARNING_RATE)
                .loss();
    }
}
