package io.alignstream.benchmarks.models;

import io.alignstream.benchmarks.harness.BenchmarkOptions;
import io.alignstream.benchmarks.harness.Figures;
import io.alignstream.benchmarks.harness.Folders;
import io.alignstream.languagemodel.exchange.GgufImport;
import io.alignstream.languagemodel.exchange.HuggingFaceModel;
import io.alignstream.languagemodel.insight.Inspector;
import io.alignstream.languagemodel.insight.PronounSentence;
import io.alignstream.languagemodel.insight.TextTokens;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the heads of a model take for a pronoun from, over the explorer's sentences: in how many of them the best head looks
 * more at the noun that the pronoun stands for, beside the best of as many heads that guess.
 */
public final class PronounsBenchmark {

    /** Of 20 guessing models, 19 have no better head. */
    private static final double SURE = 0.95;

    private PronounsBenchmark() {}

    /** Runs it and returns the exit code. */
    public static int run(PrintStream out, BenchmarkOptions options) throws IOException {
        options.only("model");
        Path model = options.path("model")
                .orElseThrow(() -> new IllegalArgumentException(
                        "--model is missing; give the folder or the GGUF file of the model"))
                .toAbsolutePath();
        Path scratch = Files.createTempDirectory("alignstream-pronouns");
        Figures figures = new Figures("pronouns");
        try {
            Path folder = Files.createDirectory(scratch.resolve("model"));
            HuggingFaceModel imported =
                    Files.isRegularFile(model) ? GgufImport.load(model, scratch) : HuggingFaceModel.load(model);
            imported.save(folder);
            Tokenizer tokenizer = Tokenizer.load(folder);
            try (Transformer network = Transformer.load(folder)) {
                Inspector inspector = new Inspector(network);
                for (String language : PronounSentence.LANGUAGES) {
                    report(
                            out,
                            figures,
                            language,
                            PronounSentence.set(language).size(),
                            solved(inspector, tokenizer, language));
                }
            }
        } finally {
            Folders.delete(scratch);
        }
        figures.write(options.json());
        return 0;
    }

    /** {@code [layers][heads]}: in how many sentences each head is right. */
    private static int[][] solved(Inspector inspector, Tokenizer tokenizer, String language) {
        int[][] solved = new int[inspector.config().layers()][inspector.config().heads()];
        for (PronounSentence sentence : PronounSentence.set(language)) {
            TextTokens tokens = new TextTokens(tokenizer, sentence.text());
            boolean[][] right = sentence.solved(tokens, inspector.inspect(tokens.ids()));
            for (int layer = 0; layer < solved.length; layer++) {
                for (int head = 0; head < solved[layer].length; head++) {
                    solved[layer][head] += right[layer][head] ? 1 : 0;
                }
            }
        }
        return solved;
    }

    private static void report(PrintStream out, Figures figures, String language, int sentences, int[][] solved) {
        int layer = 0;
        int head = 0;
        int heads = 0;
        for (int i = 0; i < solved.length; i++) {
            for (int j = 0; j < solved[i].length; j++) {
                heads++;
                if (solved[i][j] > solved[layer][head]) {
                    layer = i;
                    head = j;
                }
            }
        }
        int right = solved[layer][head];
        int bound = guessing(sentences, heads);
        int beyond = 0;
        for (int[] ofLayer : solved) {
            for (int ofHead : ofLayer) {
                beyond += ofHead > bound ? 1 : 0;
            }
        }
        out.printf(
                "%s: head %d of layer %d is right in %d of %d sentences; of %d heads that guess the best is right in %d at"
                        + " most, in 19 of 20 cases; %d heads are right more often%n",
                language, head + 1, layer + 1, right, sentences, heads, bound, beyond);
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("part", language);
        line.put("value", right);
        line.put("sentences", sentences);
        line.put("layer", layer + 1);
        line.put("head", head + 1);
        line.put("target", bound + 1);
        line.put("met", right > bound);
        figures.add(line);
    }

    /** How many of {@code sentences} the best of {@code heads} gets right at most if each guesses for itself: binomial. */
    private static int guessing(int sentences, int heads) {
        double each = Math.pow(2, -sentences);
        double below = 0;
        for (int right = 0; right < sentences; right++) {
            below += each;
            if (Math.pow(below, heads) >= SURE) {
                return right;
            }
            each *= (sentences - right) / (right + 1.0);
        }
        return sentences;
    }
}
