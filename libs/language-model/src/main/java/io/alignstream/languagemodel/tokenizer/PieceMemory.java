package io.alignstream.languagemodel.tokenizer;

import org.jspecify.annotations.Nullable;

/**
 * Remembers the ids of pieces seen lately, one piece a slot: a newer piece takes an older one's place.
 *
 * <p>Thread-safe without locks: slots hold immutable entries, so a race costs at most a lookup.
 */
final class PieceMemory {

    private static final int SLOTS = 1 << 13;

    private final @Nullable Entry[] slots = new @Nullable Entry[SLOTS];

    /** {@code ids} must not be changed by anybody. */
    private record Entry(String piece, int[] ids) {}

    /** The ids of a piece, not to be changed, or null. */
    int @Nullable [] get(String piece) {
        Entry entry = slots[slot(piece)];
        return entry != null && entry.piece().equals(piece) ? entry.ids() : null;
    }

    void put(String piece, int[] ids) {
        slots[slot(piece)] = new Entry(piece, ids);
    }

    private static int slot(String piece) {
        int hash = piece.hashCode() * 0x9E3779B9;
        return hash >>> 19; // the 13 highest bits
    }
}
