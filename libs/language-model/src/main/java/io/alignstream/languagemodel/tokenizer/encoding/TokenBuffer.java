package io.alignstream.languagemodel.tokenizer.encoding;

import java.util.Arrays;

/**
 * A growing list of token ids that can be used again and again: encoding into it allocates nothing once it is large
 * enough. Not thread-safe.
 */
public final class TokenBuffer {

    private int[] values;
    private int size;

    /** An empty buffer with room for {@code capacity} ids before it grows. */
    public TokenBuffer(int capacity) {
        values = new int[Math.max(4, capacity)];
    }

    /** Forgets the ids and keeps the room. */
    public void clear() {
        size = 0;
    }

    /** Number of ids. */
    public int size() {
        return size;
    }

    /** The id at {@code index}, 0 to {@link #size()} exclusive. */
    public int get(int index) {
        return values[index];
    }

    /** Appends one id. */
    public void add(int value) {
        if (size == values.length) {
            values = Arrays.copyOf(values, size * 2);
        }
        values[size++] = value;
    }

    /** Appends ids. */
    public void addAll(int[] more) {
        addAll(more, more.length);
    }

    /** A copy of the ids. */
    public int[] toArray() {
        return Arrays.copyOf(values, size);
    }

    /** Appends the first {@code count} ids of {@code more}. */
    public void addAll(int[] more, int count) {
        if (size + count > values.length) {
            values = Arrays.copyOf(values, Math.max(size * 2, size + count));
        }
        System.arraycopy(more, 0, values, size, count);
        size += count;
    }
}
