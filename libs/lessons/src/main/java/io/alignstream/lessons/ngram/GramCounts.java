package io.alignstream.lessons.ngram;

/** Counts by 64-bit hash, with linear probing; not thread-safe. */
final class GramCounts {

    private long[] keys = new long[1 << 12];
    private int[] counts = new int[1 << 12];
    private int size;

    /** Adds one to the count of {@code key} and returns the count before. */
    int increment(long key) {
        if (size * 2 > keys.length) {
            grow();
        }
        int slot = slot(keys, key);
        if (counts[slot] == 0) {
            keys[slot] = key;
            size++;
        }
        return counts[slot]++;
    }

    int get(long key) {
        return counts[slot(keys, key)];
    }

    /** Number of keys. */
    int size() {
        return size;
    }

    /** How many keys have exactly {@code count}. */
    long withCount(int count) {
        long found = 0;
        for (int value : counts) {
            found += value == count ? 1 : 0;
        }
        return found;
    }

    private int slot(long[] table, long key) {
        int mask = table.length - 1;
        int slot = (int) (key ^ key >>> 32) & mask;
        while (counts[slot] != 0 && table[slot] != key) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    private void grow() {
        long[] oldKeys = keys;
        int[] oldCounts = counts;
        keys = new long[oldKeys.length * 2];
        counts = new int[keys.length];
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldCounts[i] != 0) {
                int slot = slot(keys, oldKeys[i]);
                keys[slot] = oldKeys[i];
                counts[slot] = oldCounts[i];
            }
        }
    }
}
