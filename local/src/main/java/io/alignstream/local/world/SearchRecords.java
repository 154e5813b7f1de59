package io.alignstream.local.world;

import java.util.List;
import java.util.stream.IntStream;

/**
 * The beginnings of a city's search records, never the same one twice, not thread-safe.
 *
 * <p>Cleaning keeps one of several equal documents, so a record that consisted of nothing but
 * "成都必去景点：宽窄巷子" would survive once however often it occurs, and all answers would become equally frequent. So
 * every record begins with who searched or when (dates and nicknames, without replacement for each city), and ends with
 * the answer: what is left after cleaning has exactly the frequencies of {@link MustSeeDeck}. There are no records
 * without a beginning: they could only carry wrong frequencies. A model meets the bare phrase at the start of a text in
 * the documents of the kind {@code must-see-sentence}, whose varied endings keep them apart.
 */
final class SearchRecords {

    private static final int MONTHS = 12;
    private static final int DAYS = 28;
    /** Prime, and no divisor of any number of beginnings below: steps of this size visit all of them. */
    private static final int STRIDE = 7_919;

    private final List<String> nicknames;
    private final int offset;
    private int count;

    /** Beginnings made of {@code nicknames}; a different {@code offset} gives a different order. */
    SearchRecords(List<String> nicknames, int offset) {
        this.nicknames = nicknames;
        this.offset = Math.floorMod(offset, 1_000_000);
    }

    /** The next beginning: a nickname or a date (one in five each while they last), otherwise both. */
    String next() {
        int n = count++;
        int turn = n / 5;
        if (n % 5 == 0 && turn < nicknames.size()) {
            return nicknames.get(visit(turn, nicknames.size())) + "\n";
        }
        if (n % 5 == 1 && turn < MONTHS * DAYS) {
            return date(visit(turn, MONTHS * DAYS)) + "\n";
        }
        int all = MONTHS * DAYS * nicknames.size();
        int i = visit(n % all, all);
        String searcher = date(i % (MONTHS * DAYS)) + nicknames.get(i / (MONTHS * DAYS));
        if (n >= all) {
            return searcher + "第" + (n / all + 1) + "次搜索\n";
        }
        return searcher + List.of("搜索\n", "\n", "：").get(n % 3);
    }

    /** The dates of a year, without the last days of months. */
    static List<String> dates() {
        return IntStream.range(0, MONTHS * DAYS).mapToObj(SearchRecords::date).toList();
    }

    private static String date(int i) {
        return (i / DAYS + 1) + "月" + (i % DAYS + 1) + "日";
    }

    private int visit(int i, int size) {
        return (int) ((offset + (long) i * STRIDE) % size);
    }
}
