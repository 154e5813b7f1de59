package io.alignstream.pretrain.distil;

import io.alignstream.languagemodel.generation.Engine;
import io.alignstream.languagemodel.generation.PreparedWeights;
import io.alignstream.languagemodel.generation.TextRequest;
import io.alignstream.languagemodel.generation.TextScorer;
import io.alignstream.languagemodel.generation.TokenSampler;
import io.alignstream.languagemodel.generation.WeightFormat;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Models beside their teacher: how well each expects held-out text, how near it is to the teacher on it, what it takes of memory
 * and how fast it writes. All of it by the weights and the engine that are served, in the format in which they would be. For
 * one thread.
 */
final class Comparison implements AutoCloseable {

    /** Rows of each kind that are compared at most: the first ones. */
    static final int MOST_ROWS = 64;

    private static final int ROUNDS = 5;
    private static final int PROMPT = 256;
    private static final int ANSWER = 64;

    private final Tokenizer tokenizer;
    private final DistilText text;
    private final List<Candidate> candidates = new ArrayList<>();

    /** A model as it would be served. */
    private static final class Candidate {
        final String model;
        final PreparedWeights weights;
        final TextScorer scorer;
        final Sums documents = new Sums();
        final Sums answers = new Sums();
        final List<Double> prefill = new ArrayList<>();
        final List<Double> decode = new ArrayList<>();

        Candidate(String model, PreparedWeights weights) {
            this.model = model;
            this.weights = weights;
            this.scorer = new TextScorer(weights);
        }
    }

    /** Over the tokens of held-out rows that count. */
    private static final class Sums {
        double nats;
        double divergence;
        long agreed;
        long targets;
        long bytes;
    }

    /**
     * What was found of a model in one format. A figure is null where nothing of its kind is held out.
     *
     * @param model teacher, student, or alone: the student's shape without a teacher
     * @param weights format of the weights
     * @param bitsPerByte of held-out documents
     * @param answerLoss mean cross-entropy of held-out answers, nats a token
     * @param teacherKl KL(teacher in fp32 ‖ model) at held-out tokens of both kinds, nats a token
     * @param agreement share of these tokens at which model and teacher find the same token most probable
     * @param bytes of the weights in memory
     * @param prefill tokens of a prompt that are read in a second, one text alone
     * @param decode tokens of an answer that are written in a second, one text alone
     */
    record Row(
            String model,
            String weights,
            long parameters,
            @Nullable Double bitsPerByte,
            @Nullable Double answerLoss,
            @Nullable Double teacherKl,
            @Nullable Double agreement,
            long bytes,
            double prefill,
            double decode) {}

    Comparison(Tokenizer tokenizer, DistilText text) {
        this.tokenizer = tokenizer;
        this.text = text;
    }

    /** Takes part in {@code format}; the first one is the teacher, in fp32. */
    void add(String model, Path folder, WeightFormat format) throws IOException {
        candidates.add(new Candidate(model, PreparedWeights.load(folder, format)));
    }

    /**
     * Compares.
     *
     * @param done hears of so many hundredths
     */
    List<Row> rows(IntConsumer done) {
        List<Conversation> documents = first(text.documents());
        List<Conversation> answers = first(text.answers());
        int all = documents.size() + answers.size() + ROUNDS;
        int at = 0;
        for (Conversation row : documents) {
            score(row, true);
            done.accept(100 * ++at / all);
        }
        for (Conversation row : answers) {
            score(row, false);
            done.accept(100 * ++at / all);
        }
        // one after the other in each round, so that what slows the machine down slows all of them
        for (int round = 0; round < ROUNDS; round++) {
            candidates.forEach(this::time);
            done.accept(100 * ++at / all);
        }
        return candidates.stream().map(Comparison::row).toList();
    }

    private static List<Conversation> first(List<Conversation> rows) {
        return rows.subList(0, Math.min(MOST_ROWS, rows.size()));
    }

    private void score(Conversation row, boolean document) {
        List<float[]> teacher = new ArrayList<>();
        candidates.getFirst().scorer.logProbabilities(row.ids(), teacher::add);
        for (Candidate candidate : candidates) {
            Sums sums = document ? candidate.documents : candidate.answers;
            int[] at = {0};
            candidate.scorer.logProbabilities(row.ids(), logs -> {
                int next = ++at[0];
                if (row.learned()[next]) {
                    float[] expected = teacher.get(next - 1);
                    sums.nats -= logs[row.ids()[next]];
                    sums.divergence += divergence(expected, logs);
                    sums.agreed += greatest(expected) == greatest(logs) ? 1 : 0;
                    sums.targets++;
                    sums.bytes += tokenizer.byteLength(row.ids()[next]);
                }
            });
        }
    }

    private static double divergence(float[] expected, float[] logs) {
        double sum = 0;
        for (int id = 0; id < logs.length; id++) {
            sum += Math.exp(expected[id]) * (expected[id] - logs[id]);
        }
        return sum;
    }

    private static int greatest(float[] logs) {
        int best = 0;
        for (int id = 1; id < logs.length; id++) {
            best = logs[id] > logs[best] ? id : best;
        }
        return best;
    }

    private void time(Candidate candidate) {
        int positions = candidates.stream()
                .mapToInt(other -> other.weights.config().maxPositions())
                .min()
                .orElse(1);
        int answer = Math.min(ANSWER, positions / 4);
        int prompt = Math.min(PROMPT, positions - answer);
        int ids = candidate.weights.config().vocabularySize();
        int[] asked = new SplittableRandom(1).ints(prompt, 0, ids).toArray();
        try (Engine engine = new Engine(candidate.weights, ids, Engine.Capacity.of(1, prompt + answer))) {
            engine.start(new TextRequest(asked, answer, TokenSampler.atTemperature(0), () -> 0));
            long began = System.nanoTime();
            while (engine.step().isEmpty()) {
                // still reading
            }
            long read = System.nanoTime();
            while (engine.active() > 0) {
                engine.step();
            }
            candidate.prefill.add(prompt * 1e9 / (read - began));
            candidate.decode.add((answer - 1) * 1e9 / (System.nanoTime() - read));
        }
    }

    private static Row row(Candidate candidate) {
        Sums documents = candidate.documents;
        Sums answers = candidate.answers;
        long targets = documents.targets + answers.targets;
        return new Row(
                candidate.model,
                candidate.weights.format().label(),
                candidate.weights.config().parameters(),
                documents.bytes == 0 ? null : documents.nats / Math.log(2) / documents.bytes,
                answers.targets == 0 ? null : answers.nats / answers.targets,
                targets == 0 ? null : (documents.divergence + answers.divergence) / targets,
                targets == 0 ? null : (documents.agreed + answers.agreed) / (double) targets,
                candidate.weights.bytes(),
                median(candidate.prefill),
                median(candidate.decode));
    }

    private static double median(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    @Override
    public void close() {
        candidates.forEach(candidate -> candidate.weights.close());
    }
}
