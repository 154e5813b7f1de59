package io.alignstream.local.lessons.translation;

/** One number or day in both languages. */
record Pair(String chinese, String english) {

    /** What is to be translated into what. */
    enum Direction {
        TO_ENGLISH,
        TO_CHINESE
    }

    String source(Direction direction) {
        return direction == Direction.TO_ENGLISH ? chinese : english;
    }

    String target(Direction direction) {
        return direction == Direction.TO_ENGLISH ? english : chinese;
    }
}
