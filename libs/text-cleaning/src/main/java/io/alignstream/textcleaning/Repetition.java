package io.alignstream.textcleaning;

import java.util.HashMap;
import java.util.Map;

/**
 * How much of a text is there more than once, as Gopher's rules measure it; for one thread.
 *
 * <p>N-grams are told apart by 64-bit hashes and counted in tables that are used again for the next text.
 */
final class Repetition {

    private final LongSet seen = new LongSet();

    /**
     * Parts that repeat an earlier one.
     *
     * @param share of the parts
     * @param characters share of the text's characters
     */
    record Repeated(double share, double characters) {}

    /** Lines (or, with {@code separator} of two line ends, paragraphs) that repeat an earlier one. */
    static Repeated parts(String text, String separator) {
        Map<String, Boolean> known = new HashMap<>();
        int parts = 0;
        int repeated = 0;
        long characters = 0;
        int begin = 0;
        while (begin <= text.length()) {
            int end = text.indexOf(separator, begin);
            end = end < 0 ? text.length() : end;
            String part = text.substring(begin, end).strip();
            if (!part.isEmpty()) {
                parts++;
                if (known.putIfAbsent(part, true) != null) {
                    repeated++;
                    characters += part.length();
                }
            }
            begin = end + separator.length();
        }
        return new Repeated(
                parts == 0 ? 0 : (double) repeated / parts, text.isEmpty() ? 0 : (double) characters / text.length());
    }

    /** Share of the text's characters that belong to its most frequent n-gram, 0 if none is there twice. */
    double topNgram(String text, Words words, int n) {
        int last = words.count() - n;
        seen.clear(Math.max(0, last + 1));
        int most = 1;
        int at = 0;
        for (int i = 0; i <= last; i++) {
            int count = seen.add(ngram(words, i, n));
            if (count > most) {
                most = count;
                at = i;
            }
        }
        return most == 1 ? 0 : Math.min(1, (double) most * characters(words, at, n) / text.length());
    }

    /** Share of the text's characters in n-grams that were there before; overlapping ones count once. */
    double repeatedNgrams(String text, Words words, int n) {
        int last = words.count() - n;
        seen.clear(Math.max(0, last + 1));
        long repeated = 0;
        int i = 0;
        while (i <= last) {
            if (seen.add(ngram(words, i, n)) > 1) {
                repeated += characters(words, i, n);
                i += n;
            } else {
                i++;
            }
        }
        return text.isEmpty() ? 0 : (double) repeated / text.length();
    }

    private static long ngram(Words words, int at, int n) {
        long hash = n;
        for (int i = at; i < at + n; i++) {
            hash = hash * 0x9E3779B97F4A7C15L + words.hash(i);
        }
        return Words.mix(hash);
    }

    private static int characters(Words words, int at, int n) {
        return words.end(at + n - 1) - words.start(at);
    }
}
