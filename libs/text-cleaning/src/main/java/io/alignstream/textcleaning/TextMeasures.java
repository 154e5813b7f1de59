package io.alignstream.textcleaning;

import java.util.Set;

/**
 * What the quality rules look at, counted in one pass over a text.
 *
 * @param words see {@link Words}
 * @param meanLength letters in a word; where no spaces are written, characters between two punctuation marks
 * @param alphabetic share of what stands between spaces that contains a letter; where no spaces are written, share of
 *     letters among the characters
 * @param symbols hash signs or ellipses, whichever there are more of, for each word
 * @param connectives how many different words of those that connect sentences
 * @param sentences ends of sentences
 * @param lines lines that are not blank
 * @param bullets share of lines that begin with a bullet
 * @param ellipses share of lines that end with an ellipsis
 * @param punctuated share of lines that end with a punctuation mark
 * @param shortLines share of lines that are shorter than the limit
 * @param newLines line ends for each word
 */
record TextMeasures(
        int words,
        double meanLength,
        double alphabetic,
        double symbols,
        int connectives,
        int sentences,
        int lines,
        double bullets,
        double ellipses,
        double punctuated,
        double shortLines,
        double newLines) {

    private static final String SENTENCE_ENDS = ".!?。！？…";
    private static final String LINE_ENDS = SENTENCE_ENDS + "\"”’」』》）);；：:";
    private static final String BULLETS = "•‣▶◦■□▪▫●○–*·";
    private static final Set<String> ENGLISH = Set.of("the", "be", "to", "of", "and", "that", "have", "with");
    private static final Set<Long> CONNECTIVES = hashes(ENGLISH);
    private static final String CHINESE_CONNECTIVES = "的了是在和有不这也就都与为以及而或并被把但其对";

    static TextMeasures of(String text, Words words, boolean spaceless, int shortLine) {
        return new Counter(text, words, spaceless, shortLine).count();
    }

    /** Whether {@code line} ends with a mark that ends sentences, closing quotes and brackets left out. */
    static boolean endsSentence(String line) {
        int end = line.length();
        while (end > 0
                && (Character.isWhitespace(line.charAt(end - 1)) || "\"”’」』》）)".indexOf(line.charAt(end - 1)) >= 0)) {
            end--;
        }
        return end > 0 && SENTENCE_ENDS.indexOf(line.charAt(end - 1)) >= 0;
    }

    private static Set<Long> hashes(Set<String> words) {
        return words.stream().map(Words::hashOf).collect(java.util.stream.Collectors.toUnmodifiableSet());
    }

    private static final class Counter {
        private final String text;
        private final Words words;
        private final boolean spaceless;
        private final int shortLine;
        private int hashSigns;
        private int ellipsisSigns;
        private int tokens;
        private int alphabeticTokens;
        private int clauses;
        private int visible;
        private int letters;
        private int sentences;
        private int lines;
        private int bullets;
        private int ellipses;
        private int punctuated;
        private int shortLines;
        private int newLines;

        Counter(String text, Words words, boolean spaceless, int shortLine) {
            this.text = text;
            this.words = words;
            this.spaceless = spaceless;
            this.shortLine = shortLine;
        }

        TextMeasures count() {
            characters();
            lines();
            int count = Math.max(1, words.count());
            double all = Math.max(1, lines);
            return new TextMeasures(
                    words.count(),
                    spaceless ? (double) letters / Math.max(1, clauses) : (double) words.characters() / count,
                    spaceless
                            ? (double) letters / Math.max(1, visible)
                            : (double) alphabeticTokens / Math.max(1, tokens),
                    (double) Math.max(hashSigns, ellipsisSigns) / count,
                    connectives(),
                    sentences,
                    lines,
                    bullets / all,
                    ellipses / all,
                    punctuated / all,
                    shortLines / all,
                    (double) newLines / count);
        }

        private void characters() {
            boolean inToken = false;
            boolean alphabetic = false;
            boolean inClause = false;
            boolean afterEnd = false;
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                if (c <= ' ' || Character.isWhitespace(c)) {
                    tokens += inToken ? 1 : 0;
                    alphabeticTokens += inToken && alphabetic ? 1 : 0;
                    inToken = false;
                    alphabetic = false;
                    newLines += c == '\n' ? 1 : 0;
                    if (c == '\n') {
                        inClause = false;
                    }
                    continue;
                }
                inToken = true;
                visible++;
                boolean letter = c < 128 ? (c | 0x20) >= 'a' && (c | 0x20) <= 'z' : Character.isLetter(c);
                if (letter) {
                    letters++;
                    alphabetic = true;
                    clauses += inClause ? 0 : 1;
                    inClause = true;
                    afterEnd = false;
                } else if (c < '0' || c > '9') {
                    inClause = false;
                    boolean end = SENTENCE_ENDS.indexOf(c) >= 0;
                    if (end && !afterEnd && isBoundary(c, i)) {
                        sentences++;
                    }
                    afterEnd = end;
                    hashSigns += c == '#' ? 1 : 0;
                    ellipsisSigns += c == '…' || text.startsWith("...", i) ? 1 : 0;
                }
            }
            tokens += inToken ? 1 : 0;
            alphabeticTokens += inToken && alphabetic ? 1 : 0;
        }

        /** A full stop ends a sentence only before a space; the Chinese marks always do. */
        private boolean isBoundary(char c, int at) {
            return c > 128
                    || at + 1 == text.length()
                    || Character.isWhitespace(text.charAt(at + 1))
                    || LINE_ENDS.indexOf(text.charAt(at + 1)) >= 0;
        }

        private void lines() {
            int begin = 0;
            while (begin < text.length()) {
                int end = text.indexOf('\n', begin);
                end = end < 0 ? text.length() : end;
                line(begin, end);
                begin = end + 1;
            }
        }

        private void line(int from, int to) {
            int begin = from;
            int end = to;
            while (begin < end && Character.isWhitespace(text.charAt(begin))) {
                begin++;
            }
            while (end > begin && Character.isWhitespace(text.charAt(end - 1))) {
                end--;
            }
            if (begin == end) {
                return;
            }
            lines++;
            char first = text.charAt(begin);
            char last = text.charAt(end - 1);
            bullets += BULLETS.indexOf(first) >= 0 || first == '-' && end - begin > 1 && text.charAt(begin + 1) == ' '
                    ? 1
                    : 0;
            ellipses += last == '…' || end - begin >= 3 && text.startsWith("...", end - 3) ? 1 : 0;
            punctuated += LINE_ENDS.indexOf(last) >= 0 ? 1 : 0;
            shortLines += end - begin < shortLine ? 1 : 0;
        }

        private int connectives() {
            if (spaceless) {
                return (int) CHINESE_CONNECTIVES
                        .chars()
                        .filter(c -> text.indexOf(c) >= 0)
                        .count();
            }
            int found = 0;
            for (long word : CONNECTIVES) {
                for (int i = 0; i < words.count(); i++) {
                    if (words.hash(i) == word) {
                        found++;
                        break;
                    }
                }
            }
            return found;
        }
    }
}
