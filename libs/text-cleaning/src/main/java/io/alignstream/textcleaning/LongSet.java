package io.alignstream.textcleaning;

import java.util.Arrays;

/** A set of longs that is cleared and filled again for every text; open addressing, not thread-safe. */
final class LongSet {

    private long[] slots = new long[1024];
    private int[] counts = new int[1024];
    private int size;
    private int mask = 1023;

    /** Empties the set and makes room for {@code expected} values. */
    void clear(int expected) {
        int capacity = Math.max(1024, Integer.highestOneBit(Math.max(1, expected)) << 2);
        if (capacity > slots.length) {
            slots = new long[capacity];
            counts = new int[capacity];
        } else {
            Arrays.fill(counts, 0, capacity, 0);
        }
        mask = capacity - 1;
        size = 0;
    }

    /** Adds {@code value}, already well spread; returns how often it has been added now. At most what was expected. */
    int add(long value) {
        int slot = (int) value & mask;
        while (counts[slot] != 0 && slots[slot] != value) {
            slot = (slot + 1) & mask;
        }
        slots[slot] = value;
        if (counts[slot] == 0) {
            size++;
        }
        return ++counts[slot];
    }

    int size() {
        return size;
    }
}
