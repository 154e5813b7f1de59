package io.alignstream.inference.generation;

import java.util.List;

/** Finds stop texts in text that arrives in pieces, holding back what may become one; for one thread. */
final class StopText {

    private final List<String> stops;
    private String held = "";
    private boolean found;

    StopText(List<String> stops) {
        this.stops = stops;
    }

    /** What may be shown after one more piece. */
    String next(String piece) {
        String text = held + piece;
        int at = first(text);
        if (at >= 0) {
            found = true;
            held = "";
            return text.substring(0, at);
        }
        int safe = text.length() - possibleStart(text);
        held = text.substring(safe);
        return text.substring(0, safe);
    }

    /** What is still held back when no more text comes. */
    String end() {
        String rest = held;
        held = "";
        return rest;
    }

    /** Whether a stop text has come: nothing after it counts. */
    boolean found() {
        return found;
    }

    private int first(String text) {
        return stops.stream()
                .mapToInt(text::indexOf)
                .filter(at -> at >= 0)
                .min()
                .orElse(-1);
    }

    /** Length of the longest end of {@code text} that a stop text begins with. */
    private int possibleStart(String text) {
        int longest = 0;
        for (String stop : stops) {
            for (int length = Math.min(stop.length() - 1, text.length()); length > longest; length--) {
                if (text.endsWith(stop.substring(0, length))) {
                    longest = length;
                }
            }
        }
        return longest;
    }
}
