package io.alignstream.textcleaning;

import java.util.Arrays;

/**
 * The words of a text with their hashes, in order; immutable.
 *
 * <p>A word is a run of letters, marks and digits, apostrophes and hyphens inside it included; a character of a script
 * that is written without spaces (Chinese, Japanese, Thai …) is a word of its own. Hashes ignore case.
 */
final class Words {

    private final int count;
    private final int spaceless;
    private final int alphabetic;
    private final long characters;
    private final long[] hashes;
    private final int[] starts;
    private final int[] ends;

    private Words(int count, int spaceless, int alphabetic, long characters, long[] hashes, int[] starts, int[] ends) {
        this.count = count;
        this.spaceless = spaceless;
        this.alphabetic = alphabetic;
        this.characters = characters;
        this.hashes = hashes;
        this.starts = starts;
        this.ends = ends;
    }

    static Words of(String text) {
        Builder words = new Builder(text);
        words.scan();
        return words.build();
    }

    int count() {
        return count;
    }

    /** How many words are single characters of scripts without spaces. */
    int spaceless() {
        return spaceless;
    }

    /** How many words contain a letter. */
    int alphabetic() {
        return alphabetic;
    }

    /** Characters in all words. */
    long characters() {
        return characters;
    }

    /** The hash of word {@code index}. */
    long hash(int index) {
        return hashes[index];
    }

    /** Where word {@code index} begins in the text, in UTF-16 units. */
    int start(int index) {
        return starts[index];
    }

    /** Where word {@code index} ends. */
    int end(int index) {
        return ends[index];
    }

    /** The hash of a text that is one word. */
    static long hashOf(String word) {
        Words words = of(word);
        if (words.count != 1) {
            throw new IllegalArgumentException("'" + word + "' is not one word but " + words.count);
        }
        return words.hashes[0];
    }

    /** Folds the next value into a running hash; the order counts. */
    static long combine(long hash, long value) {
        return mix(hash * 0x9E3779B97F4A7C15L + value);
    }

    /** A bijection that spreads every bit over all others (the finaliser of SplitMix64). */
    static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** Whether {@code c} belongs to a script that puts no spaces between words; half a pair counts as Chinese. */
    static boolean isSpaceless(char c) {
        return c >= 0x0E00
                && (c >= 0x3040 && c <= 0x30FF
                        || c >= 0x3400 && c <= 0x4DBF
                        || c >= 0x4E00 && c <= 0x9FFF
                        || c >= 0xF900 && c <= 0xFAFF
                        || c <= 0x0EFF
                        || c >= 0x1000 && c <= 0x109F
                        || c >= 0x1780 && c <= 0x17FF);
    }

    private static final class Builder {
        private final String text;
        private long[] hashes;
        private int[] starts;
        private int[] ends;
        private int count;
        private int spaceless;
        private int alphabetic;
        private long characters;

        Builder(String text) {
            this.text = text;
            int guess = Math.max(16, text.length() / 4);
            hashes = new long[guess];
            starts = new int[guess];
            ends = new int[guess];
        }

        void scan() {
            int length = text.length();
            int i = 0;
            while (i < length) {
                char c = text.charAt(i);
                if (isSpaceless(c)) {
                    if (Character.isLetterOrDigit(c)) {
                        add(i, i + 1, mix(c), true);
                        spaceless++;
                    }
                    i++;
                } else if (isWordPart(c)) {
                    i = word(i);
                } else if (Character.isHighSurrogate(c)
                        && i + 1 < length
                        && Character.isIdeographic(text.codePointAt(i))) {
                    add(i, i + 2, mix(text.codePointAt(i)), true);
                    spaceless++;
                    i += 2;
                } else {
                    i++;
                }
            }
        }

        private int word(int start) {
            long hash = 0;
            boolean letters = false;
            int end = start;
            while (end < text.length()) {
                char c = text.charAt(end);
                if (isSpaceless(c)) {
                    break;
                }
                if (isWordPart(c)) {
                    letters |= c > '9';
                    hash = hash * 0x100000001B3L + lower(c);
                    end++;
                } else if (isJoiner(c) && end + 1 < text.length() && isWordPart(text.charAt(end + 1))) {
                    end++;
                } else {
                    break;
                }
            }
            add(start, end, mix(hash), letters);
            return end;
        }

        private void add(int start, int end, long hash, boolean letters) {
            if (count == hashes.length) {
                hashes = Arrays.copyOf(hashes, count * 2);
                starts = Arrays.copyOf(starts, count * 2);
                ends = Arrays.copyOf(ends, count * 2);
            }
            hashes[count] = hash;
            starts[count] = start;
            ends[count++] = end;
            characters += end - start;
            if (letters) {
                alphabetic++;
            }
        }

        Words build() {
            return new Words(count, spaceless, alphabetic, characters, hashes, starts, ends);
        }

        private static boolean isWordPart(char c) {
            if (c < 128) {
                return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
            }
            return Character.isLetterOrDigit(c) || Character.getType(c) == Character.NON_SPACING_MARK;
        }

        private static boolean isJoiner(char c) {
            return c == '\'' || c == '\u2019' || c == '-';
        }

        private static char lower(char c) {
            return c < 128 ? (c >= 'A' && c <= 'Z' ? (char) (c + 32) : c) : Character.toLowerCase(c);
        }
    }
}
