package io.alignstream.local.world;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Who searched for a city's must-see places and when, never the same twice for one city, not thread-safe.
 *
 * <p>Cleaning keeps one of several equal documents, so a record that consisted of nothing but
 * "成都必去景点：宽窄巷子" would survive once however often it occurs, and all answers would become equally frequent. So
 * every record begins with who searched
 * or when and ends with the answer: what is left after cleaning has exactly the frequencies of {@link MustSeeDeck}.
 * There are no records without a searcher: they could only carry wrong frequencies. A model meets the bare phrase at
 * the start of a text in the documents of the kind {@code must-see-sentence}, whose varied endings keep them apart.
 */
final class Searchers {

    private static final int MONTHS = 12;
    private static final int DAYS = 28;
    /** Prime, and no divisor of any number of beginnings below: steps of this size visit all of them. */
    private static final int STRIDE = 7_919;

    private final List<String> nicknames;
    private final int offset;
    private int count;

    /** Searchers called {@code nicknames}; a different {@code offset} gives a different order. */
    Searchers(List<String> nicknames, int offset) {
        this.nicknames = nicknames;
        this.offset = Math.floorMod(offset, 1_000_000);
    }

    /** The next searcher: a nickname or a date while there are new ones, then both. */
    String next() {
        int n = count++;
        int days = MONTHS * DAYS;
        if (n < nicknames.size()) {
            return nicknames.get(visit(n, nicknames.size()));
        }
        if (n < nicknames.size() + days) {
            return date(visit(n, days));
        }
        int all = days * nicknames.size();
        int i = visit(n % all, all);
        String searcher = date(i % days) + nicknames.get(i / days);
        return n < all ? searcher : searcher + "第" + (n / all + 1) + "次";
    }

    /** The dates of a year, without the last days of months. */
    static List<String> dates() {
        return IntStream.range(0, MONTHS * DAYS).mapToObj(Searchers::date).toList();
    }

    private static String date(int i) {
        return (i / DAYS + 1) + "月" + (i % DAYS + 1) + "日";
    }

    private int visit(int i, int size) {
        return (int) ((offset + (long) i * STRIDE) % size);
    }
}
