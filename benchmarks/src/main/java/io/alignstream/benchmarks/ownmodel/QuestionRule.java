package io.alignstream.benchmarks.ownmodel;

import java.util.regex.Pattern;

/** The rule that people prefer in this proof: an answer of at most two sentences, the last of which is a question. */
final class QuestionRule {

    private static final int SENTENCES = 2;
    private static final Pattern END = Pattern.compile("[.!?]+(?=\\s|$)");

    private QuestionRule() {}

    /** Whether {@code answer} follows it. */
    static boolean holds(String answer) {
        String text = answer.strip();
        return text.endsWith("?") && END.matcher(text).results().count() <= SENTENCES;
    }
}
