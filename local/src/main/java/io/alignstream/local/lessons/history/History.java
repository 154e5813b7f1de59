package io.alignstream.local.lessons.history;

import io.alignstream.local.lessons.run.Lesson;
import io.alignstream.local.lessons.run.LessonProgress;
import io.alignstream.local.lessons.run.LessonText;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The lesson {@code history}.
 *
 * @param text a file, or the sample world
 * @param seed of everything that is drawn
 * @param learningRate peak of every network; empty takes each kind's own
 * @param steps of each network on the text
 * @param distanceSteps of each network on the long-distance example
 */
public record History(Optional<Path> text, long seed, OptionalDouble learningRate, int steps, int distanceSteps)
        implements Lesson {

    public History {
        if (steps < 1 || steps > 100_000 || distanceSteps < 1 || distanceSteps > 100_000) {
            throw new IllegalArgumentException(
                    "steps " + steps + " and distance steps " + distanceSteps + " must be 1 to 100,000");
        }
        if (learningRate.isPresent() && !(learningRate.getAsDouble() > 0 && learningRate.getAsDouble() <= 1)) {
            throw new IllegalArgumentException(
                    "learning rate is " + learningRate.getAsDouble() + " but must be greater than 0 and at most 1");
        }
    }

    @Override
    public Outcome run(LessonProgress progress) {
        String name = text.map(path -> String.valueOf(path.getFileName())).orElse("sample-world");
        HistoryLesson.Settings settings = HistoryLesson.Settings.lesson(seed, learningRate, steps, distanceSteps);
        HistoryResult result = new HistoryLesson(settings, LessonText.of(text, seed), name, progress).run();
        String command = String.format(
                Locale.ROOT,
                "./alignstream lessons history%s --seed %d%s --steps %d --distance-steps %d",
                text.map(path -> " --text " + path.getFileName()).orElse(""),
                seed,
                learningRate.isPresent() ? " --learning-rate " + learningRate.getAsDouble() : "",
                steps,
                distanceSteps);
        return new Outcome(new HistoryPage(result).html(command), result);
    }
}
