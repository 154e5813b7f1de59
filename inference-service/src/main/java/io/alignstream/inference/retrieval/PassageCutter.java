package io.alignstream.inference.retrieval;

import java.nio.charset.StandardCharsets;
import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Cuts texts into passages at the ends of lines and sentences; where a sentence is longer than a passage, between words. A
 * passage begins with the last sentence of the one before, if that is short, as it may say what the first word means. Immutable.
 *
 * @param bytes of UTF-8 that a passage has at most: a Chinese character counts as three letters, which is about what it says
 */
record PassageCutter(int bytes) {

    /** Part of a passage that the sentence before it may take. */
    private static final int REPEATED = 4;

    PassageCutter {
        if (bytes < Character.BYTES * 2) {
            throw new IllegalArgumentException("a passage of " + bytes + " bytes holds no character");
        }
    }

    /** The passages of {@code text}, in its order; none is blank. */
    List<String> cut(String text) {
        List<String> passages = new ArrayList<>();
        StringBuilder passage = new StringBuilder();
        int size = 0;
        String last = "";
        for (String sentence : sentences(text)) {
            int length = length(sentence);
            if (size > 0 && size + length > bytes) {
                add(passages, passage);
                boolean repeats = length(last) * REPEATED <= bytes && length(last) + length <= bytes;
                passage.append(repeats ? last : "");
                size = length(passage.toString());
            }
            passage.append(sentence);
            size += length;
            last = sentence;
        }
        add(passages, passage);
        return passages;
    }

    private static void add(List<String> passages, StringBuilder passage) {
        String text = passage.toString().strip();
        if (!text.isEmpty()) {
            passages.add(text);
        }
        passage.setLength(0);
    }

    /** With what stands between them; none is longer than a passage. */
    private List<String> sentences(String text) {
        List<String> sentences = new ArrayList<>();
        text.lines().forEach(line -> {
            for (String sentence : parts(line + "\n", BreakIterator.getSentenceInstance(Locale.ROOT))) {
                if (length(sentence) <= bytes) {
                    sentences.add(sentence);
                } else {
                    sentences.addAll(cutSentence(sentence));
                }
            }
        });
        return sentences;
    }

    private List<String> cutSentence(String sentence) {
        List<String> pieces = new ArrayList<>();
        StringBuilder piece = new StringBuilder();
        int size = 0;
        for (String word : parts(sentence, BreakIterator.getLineInstance(Locale.ROOT))) {
            List<String> whole = length(word) <= bytes
                    ? List.of(word)
                    : word.codePoints().mapToObj(Character::toString).toList();
            for (String part : whole) {
                if (size > 0 && size + length(part) > bytes) {
                    pieces.add(piece.toString());
                    piece.setLength(0);
                    size = 0;
                }
                piece.append(part);
                size += length(part);
            }
        }
        pieces.add(piece.toString());
        return pieces;
    }

    private static List<String> parts(String text, BreakIterator breaks) {
        List<String> parts = new ArrayList<>();
        breaks.setText(text);
        int begin = breaks.first();
        for (int end = breaks.next(); end != BreakIterator.DONE; begin = end, end = breaks.next()) {
            parts.add(text.substring(begin, end));
        }
        return parts;
    }

    private static int length(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
