package io.alignstream.contracts;

import io.alignstream.contracts.check.Check;
import java.util.Map;

/**
 * A document that survived cleaning, key {@code id}.
 *
 * @param text normalised text, never blank, at most {@value #MAX_TEXT} characters
 * @param contentHash sha256 of the normalised text: exact duplicates share it
 * @param originalCharacters length of the text before cleaning, in UTF-16 units
 */
public record CleanDocument(
        String id, String text, String source, Map<String, String> labels, String contentHash, int originalCharacters) {

    /** Composing makes up to three characters of one (NFC), and masking longer words of short ones. */
    public static final int MAX_TEXT = 3 * Document.MAX_TEXT;

    public CleanDocument {
        Check.id("id", id);
        Check.text("text", text, MAX_TEXT);
        Check.text("source", source, Check.MAX_LABEL);
        labels = Check.labels("labels", labels);
        Check.sha256("contentHash", contentHash);
        Check.atLeast("originalCharacters", originalCharacters, 0);
    }
}
