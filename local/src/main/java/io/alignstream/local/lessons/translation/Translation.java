package io.alignstream.local.lessons.translation;

import io.alignstream.local.lessons.run.Clock;
import io.alignstream.local.lessons.run.Lesson;
import io.alignstream.local.lessons.run.LessonProgress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The lesson {@code translation}: an encoder-decoder learns to say numbers and days in the other language.
 *
 * @param seed of pairs, weights and order
 * @param pairs how many are drawn; one in 25 is for the test, another for validation
 * @param steps of AdamW
 * @param validation whether the pairs of validation are asked and those of the test left alone
 */
public record Translation(long seed, int pairs, int steps, boolean validation) implements Lesson {

    private static final int SHOWN = 3;

    public Translation {
        if (pairs < 100 || pairs > 150_000) {
            throw new IllegalArgumentException("pairs is " + pairs + " but must be 100 to 150,000");
        }
        if (steps < 1 || steps > 100_000) {
            throw new IllegalArgumentException("steps is " + steps + " but must be 1 to 100,000");
        }
    }

    @Override
    public Outcome run(LessonProgress progress) {
        Translator.Settings standard = Translator.Settings.LESSON;
        Translator.Settings settings = new Translator.Settings(
                standard.width(), standard.layers(), steps, standard.batch(), standard.learningRate());
        TranslationResult result = translated(settings, progress);
        String command = String.format(
                Locale.ROOT,
                "./alignstream lessons translation --seed %d --pairs %d --steps %d%s",
                seed,
                pairs,
                steps,
                validation ? " --validation" : "");
        return new Outcome(new TranslationPage(result).html(command), result);
    }

    /** Learns, and asks for pairs that were never seen. */
    TranslationResult translated(Translator.Settings settings, LessonProgress progress) {
        Pairs drawn = Pairs.of(pairs, seed);
        Pairs.Held asked = validation ? drawn.validation() : drawn.test();
        List<Pair> all = Stream.of(
                        drawn.training(),
                        drawn.validation().numbers(),
                        drawn.validation().days(),
                        drawn.test().numbers(),
                        drawn.test().days())
                .flatMap(List::stream)
                .toList();
        WordList words = WordList.of(all);
        try (Translator translator = new Translator(words, settings, Translator.longest(words, all), seed)) {
            progress.begin("encoder-decoder");
            Clock clock = new Clock();
            double[] losses = translator.learn(drawn.training(), settings, seed, progress);
            double seconds = clock.seconds();
            double processorSeconds = clock.processorSeconds();
            List<TranslationResult.Score> scores = new ArrayList<>();
            List<Translator.Attention> attention = new ArrayList<>();
            progress.begin("unseen pairs");
            int part = 0;
            for (Pair.Direction direction : Pair.Direction.values()) {
                scores.add(score(translator, "numbers", direction, asked.numbers()));
                progress.at(++part, 5, "numbers");
                scores.add(score(translator, "days", direction, asked.days()));
                progress.at(++part, 5, "days");
                Stream.of(asked.numbers(), asked.days())
                        .flatMap(tested -> tested.stream().limit(SHOWN))
                        .forEach(pair -> attention.add(translator.attention(pair.source(direction))));
            }
            progress.at(5, 5, "translated");
            return new TranslationResult(
                    new TranslationResult.Setting(
                            seed,
                            drawn.training().size(),
                            asked.size(),
                            words.size(),
                            translator.parameters(),
                            settings),
                    curve(losses),
                    scores,
                    seconds,
                    processorSeconds,
                    attention,
                    translator.sha256());
        }
    }

    private static TranslationResult.Score score(
            Translator translator, String kind, Pair.Direction direction, List<Pair> tested) {
        List<String> sources =
                tested.stream().map(pair -> pair.source(direction)).toList();
        List<String> written = translator.translate(sources);
        List<TranslationResult.Mistake> mistakes = new ArrayList<>();
        for (int i = 0; i < tested.size(); i++) {
            String right = tested.get(i).target(direction);
            if (!written.get(i).equals(right)) {
                mistakes.add(new TranslationResult.Mistake(sources.get(i), written.get(i), right));
            }
        }
        return new TranslationResult.Score(
                kind,
                direction.name().toLowerCase(Locale.ROOT),
                tested.size(),
                tested.size() - mistakes.size(),
                List.copyOf(mistakes.subList(0, Math.min(SHOWN, mistakes.size()))));
    }

    /** The losses, each of as many steps together, in 50 parts at most. */
    private static List<double[]> curve(double... losses) {
        int span = Math.max(1, losses.length / 50);
        List<double[]> curve = new ArrayList<>();
        for (int from = 0; from < losses.length; from += span) {
            int to = Math.min(losses.length, from + span);
            double sum = 0;
            for (int i = from; i < to; i++) {
                sum += losses[i];
            }
            curve.add(new double[] {to, sum / (to - from)});
        }
        return curve;
    }
}
