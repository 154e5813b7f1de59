package io.alignstream.local.lessons.translation;

import java.util.List;

/**
 * What the lesson found.
 *
 * @param setting what was learned with
 * @param losses steps and the mean loss until there, nats a word
 * @param scores of the pairs that were never seen
 * @param seconds of training, by the wall
 * @param processorSeconds of training
 * @param attention some of the translations with where the decoder looked
 * @param sha256 of the weights
 */
record TranslationResult(
        Setting setting,
        List<double[]> losses,
        List<Score> scores,
        double seconds,
        double processorSeconds,
        List<Translator.Attention> attention,
        String sha256) {

    TranslationResult {
        losses = List.copyOf(losses);
        scores = List.copyOf(scores);
        attention = List.copyOf(attention);
    }

    /**
     * What was learned with.
     *
     * @param trainingPairs learned in both directions
     * @param testPairs of which none is learned
     * @param words of both languages
     */
    record Setting(
            long seed, int trainingPairs, int testPairs, int words, long parameters, Translator.Settings training) {}

    /**
     * Translations word for word right.
     *
     * @param kind {@code numbers} or {@code days}
     * @param direction {@code to_english} or {@code to_chinese}
     * @param mistakes the first few
     */
    record Score(String kind, String direction, int tested, int right, List<Mistake> mistakes) {

        Score {
            mistakes = List.copyOf(mistakes);
        }
    }

    /** One that was wrong. */
    record Mistake(String source, String written, String right) {}

    /** Share of all translations that are right, 0 to 1. */
    double exactMatch() {
        return scores.stream().mapToDouble(Score::right).sum()
                / scores.stream().mapToDouble(Score::tested).sum();
    }
}
