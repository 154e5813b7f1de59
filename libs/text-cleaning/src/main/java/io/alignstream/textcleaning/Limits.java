package io.alignstream.textcleaning;

import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * The figures between which a text must lie.
 *
 * <p>{@link #SPACED} are the published ones of Gopher (Rae and others 2021, table A1), C4 (Raffel and others 2020) and
 * FineWeb (Penedo and others 2024). {@link #SPACELESS} are their counterparts for Chinese, measured on manuals that exist
 * in both languages: docs/data.md says how.
 *
 * @param shortLine characters below which FineWeb calls a line short
 * @param topNgrams length of the n-grams → largest share of the text that the most frequent one may take
 * @param repeatedNgrams length of the n-grams → largest share of the text that repeated ones may take
 */
record Limits(
        int fewestWords,
        int mostWords,
        double shortestWords,
        double longestWords,
        double symbols,
        double bullets,
        double ellipses,
        double alphabetic,
        int connectives,
        double repeatedLines,
        double repeatedLineCharacters,
        double repeatedParagraphs,
        double repeatedParagraphCharacters,
        SequencedMap<Integer, Double> topNgrams,
        SequencedMap<Integer, Double> repeatedNgrams,
        int sentences,
        double punctuatedLines,
        double finewebRepeatedCharacters,
        int shortLine,
        double shortLines,
        double newLines) {

    static final Limits SPACED = new Limits(
            50,
            100_000,
            3,
            10,
            0.1,
            0.9,
            0.3,
            0.8,
            2,
            0.3,
            0.2,
            0.3,
            0.2,
            shares(2, 0.20, 3, 0.18, 4, 0.16),
            shares(5, 0.15, 6, 0.14, 7, 0.13, 8, 0.12, 9, 0.11, 10, 0.10),
            5,
            0.12,
            0.1,
            30,
            0.67,
            0.3);

    static final Limits SPACELESS = new Limits(
            75,
            150_000,
            2.7,
            26,
            0.07,
            0.9,
            0.3,
            0.69,
            3,
            0.3,
            0.2,
            0.3,
            0.2,
            shares(3, 0.18, 5, 0.18, 7, 0.16),
            shares(8, 0.12, 10, 0.10, 12, 0.095, 13, 0.085, 15, 0.09, 16, 0.075),
            5,
            0.14,
            0.1,
            12,
            0.67,
            0.2);

    private static SequencedMap<Integer, Double> shares(Number... sizesAndShares) {
        SequencedMap<Integer, Double> shares = new LinkedHashMap<>();
        for (int i = 0; i < sizesAndShares.length; i += 2) {
            shares.put(sizesAndShares[i].intValue(), sizesAndShares[i + 1].doubleValue());
        }
        return shares;
    }
}
