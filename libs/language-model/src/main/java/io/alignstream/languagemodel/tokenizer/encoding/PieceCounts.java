package io.alignstream.languagemodel.tokenizer.encoding;

import java.util.Arrays;

/** How often each piece occurs: an open-addressing table over one array of chars. Not thread-safe. */
public final class PieceCounts {

    private static final int SMALLEST_TABLE = 1 << 10;

    private char[] chars = new char[1 << 12];
    /** Where each piece begins in {@code chars}; the next one's beginning is its end, [size + 1]. */
    private int[] starts = new int[SMALLEST_TABLE];

    private int[] hashes = new int[SMALLEST_TABLE];
    private long[] counts = new long[SMALLEST_TABLE];
    private int size;
    /** Index of a piece plus one, 0 where free. */
    private int[] table = new int[SMALLEST_TABLE];

    /** A hash whose high and low bits are both good. */
    public static int hash(char[] text, int from, int to) {
        long hash = (long) to - from;
        for (int i = from; i < to; i++) {
            hash = (hash ^ text[i]) * 0x9E3779B97F4A7C15L;
            hash ^= hash >>> 29;
        }
        return (int) (hash >>> 20);
    }

    /** Number of different pieces. */
    public int size() {
        return size;
    }

    /** Where a piece begins in {@link #chars()}. */
    public int start(int piece) {
        return starts[piece];
    }

    /** Where a piece ends in {@link #chars()}, exclusive. */
    public int end(int piece) {
        return starts[piece + 1];
    }

    /** How often a piece was seen. */
    public long count(int piece) {
        return counts[piece];
    }

    /** The array that starts and ends speak of. */
    public char[] chars() {
        return chars;
    }

    /** Adds {@code count} to a piece, whose {@link #hash} the caller has already. */
    public void add(char[] text, int from, int to, int hash, long count) {
        int slot = hash & (table.length - 1);
        while (table[slot] != 0) {
            int piece = table[slot] - 1;
            if (hashes[piece] == hash && Arrays.equals(chars, starts[piece], starts[piece + 1], text, from, to)) {
                counts[piece] += count;
                return;
            }
            slot = (slot + 1) & (table.length - 1);
        }
        append(text, from, to, hash, count);
        table[slot] = size;
        if (size * 2 > table.length) {
            rebuildTable(table.length * 2);
        }
    }

    /** The count of a piece, 0 if it is not there. */
    public long count(char[] text, int from, int to) {
        int hash = hash(text, from, to);
        int slot = hash & (table.length - 1);
        while (table[slot] != 0) {
            int piece = table[slot] - 1;
            if (hashes[piece] == hash && Arrays.equals(chars, starts[piece], starts[piece + 1], text, from, to)) {
                return counts[piece];
            }
            slot = (slot + 1) & (table.length - 1);
        }
        return 0;
    }

    /** Adds all that {@code other} counted. */
    public void addAll(PieceCounts other) {
        for (int piece = 0; piece < other.size; piece++) {
            add(other.chars, other.starts[piece], other.starts[piece + 1], other.hashes[piece], other.counts[piece]);
        }
    }

    /** Forgets the pieces that occur {@code atMost} times or less. */
    public void removeRare(long atMost) {
        int kept = size;
        size = 0;
        for (int piece = 0, from = 0; piece < kept; piece++) {
            int to = starts[piece + 1];
            if (counts[piece] > atMost) {
                append(chars, from, to, hashes[piece], counts[piece]);
            }
            from = to;
        }
        rebuildTable(table.length);
    }

    /** Forgets everything and keeps the room. */
    public void clear() {
        size = 0;
        Arrays.fill(table, 0);
    }

    /** Forgets everything and the room, too. */
    public void release() {
        size = 0;
        chars = new char[1 << 12];
        starts = new int[SMALLEST_TABLE];
        hashes = new int[SMALLEST_TABLE];
        counts = new long[SMALLEST_TABLE];
        table = new int[SMALLEST_TABLE];
    }

    private void append(char[] text, int from, int to, int hash, long count) {
        int start = size == 0 ? 0 : starts[size];
        int end = start + to - from;
        if (end > chars.length) {
            chars = Arrays.copyOf(chars, Math.max(end, chars.length + chars.length / 2));
        }
        if (size + 2 > starts.length) {
            starts = Arrays.copyOf(starts, size * 2);
            hashes = Arrays.copyOf(hashes, size * 2);
            counts = Arrays.copyOf(counts, size * 2);
        }
        System.arraycopy(text, from, chars, start, to - from);
        starts[size] = start;
        hashes[size] = hash;
        counts[size] = count;
        starts[++size] = end;
    }

    private void rebuildTable(int length) {
        table = new int[length];
        for (int piece = 0; piece < size; piece++) {
            int slot = hashes[piece] & (length - 1);
            while (table[slot] != 0) {
                slot = (slot + 1) & (length - 1);
            }
            table[slot] = piece + 1;
        }
    }
}
