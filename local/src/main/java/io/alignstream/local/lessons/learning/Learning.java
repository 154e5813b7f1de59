package io.alignstream.local.lessons.learning;

import io.alignstream.local.lessons.run.Lesson;
import io.alignstream.local.lessons.run.LessonProgress;
import java.util.Locale;

/**
 * The lesson {@code learning}: four ways of learning, each with a small real run.
 *
 * @param seed of documents, weights and draws
 * @param steps of pretraining
 */
public record Learning(long seed, int steps) implements Lesson {

    public Learning {
        if (steps < 1 || steps > 100_000) {
            throw new IllegalArgumentException("steps is " + steps + " but must be 1 to 100,000");
        }
    }

    @Override
    public Outcome run(LessonProgress progress) {
        LearningResult result = new LearningLesson(LearningLesson.Settings.lesson(seed, steps), progress).run();
        String command = String.format(Locale.ROOT, "./alignstream lessons learning --seed %d --steps %d", seed, steps);
        return new Outcome(new LearningPage(result).html(command), result);
    }
}
