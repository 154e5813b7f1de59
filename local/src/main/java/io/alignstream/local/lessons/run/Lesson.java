package io.alignstream.local.lessons.run;

/** Something to learn by a small real run. */
@FunctionalInterface
public interface Lesson {

    /**
     * What came of it.
     *
     * @param page HTML in one file
     * @param figures what is written as JSON
     */
    record Outcome(String page, Object figures) {}

    /** Runs it; computes for minutes. */
    Outcome run(LessonProgress progress);
}
