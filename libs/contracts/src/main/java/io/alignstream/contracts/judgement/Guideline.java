package io.alignstream.contracts.judgement;

import io.alignstream.contracts.check.Check;

/**
 * What annotators are to follow from now on, key {@code version}; a ranking names the version that was followed.
 *
 * @param version names the guideline for ever
 * @param text in Markdown, at most {@value #MAX_TEXT} characters
 * @param author who published it
 */
public record Guideline(String version, String text, String author) {

    /** Longest text, in characters. */
    public static final int MAX_TEXT = 50_000;

    public Guideline {
        Check.id("version", version);
        Check.text("text", text, MAX_TEXT);
        Check.id("author", author);
    }
}
