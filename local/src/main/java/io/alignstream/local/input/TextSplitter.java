package io.alignstream.local.input;

import io.alignstream.contracts.Document;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Joins lines into texts of at most a given length, not thread-safe.
 *
 * <p>A text that grows too long is cut after the last blank line that fits, else after the last line, else inside a
 * line (never inside a surrogate pair). At most that length plus one line is held.
 */
final class TextSplitter {

    private final int maxLength;
    private final Consumer<String> texts;
    private final StringBuilder text = new StringBuilder();

    TextSplitter(int maxLength, Consumer<String> texts) {
        this.maxLength = maxLength;
        this.texts = texts;
    }

    /** {@code text} in pieces that are short enough for a document, whole if it is so itself. */
    static List<String> pieces(String text) {
        if (text.length() <= Document.MAX_TEXT) {
            return List.of(text);
        }
        List<String> pieces = new ArrayList<>();
        TextSplitter splitter = new TextSplitter(Document.MAX_TEXT, pieces::add);
        text.lines().forEach(splitter::line);
        splitter.end();
        return pieces;
    }

    /** Adds a line to the text. */
    void line(String line) {
        if (!text.isEmpty()) {
            text.append('\n');
        }
        text.append(line);
        while (text.length() > maxLength) {
            cut();
        }
    }

    /** Ends the text; a blank one is not given on. */
    void end() {
        give(text.toString());
        text.setLength(0);
    }

    private void cut() {
        int paragraph = text.lastIndexOf("\n\n", maxLength);
        int line = text.lastIndexOf("\n", maxLength);
        int at = paragraph > 0 ? paragraph : line > 0 ? line : maxLength;
        if (Character.isLowSurrogate(text.charAt(at))) {
            at--;
        }
        give(text.substring(0, at));
        int rest = at;
        while (rest < text.length() && text.charAt(rest) == '\n') {
            rest++;
        }
        text.delete(0, rest);
    }

    private void give(String piece) {
        String stripped = piece.strip();
        if (!stripped.isEmpty()) {
            texts.accept(stripped);
        }
    }
}
