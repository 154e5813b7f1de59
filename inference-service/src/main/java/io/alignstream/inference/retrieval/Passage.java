package io.alignstream.inference.retrieval;

import org.jspecify.annotations.Nullable;

/**
 * A part of a document.
 *
 * @param document id of the document
 * @param title its label {@code title}; null if it has none
 * @param uri its label {@code url} or {@code uri}; null if it has none
 * @param source where the document comes from, as its publisher says
 */
public record Passage(String document, @Nullable String title, @Nullable String uri, String source, String text) {

    /** What is turned into a vector, and searched for words: a passage says little without the title that it stands under. */
    String searched() {
        return title == null ? text : title + "\n" + text;
    }

    /** What it is searched in. */
    Language language() {
        return Language.of(text);
    }
}
