package io.alignstream.languagemodel.tokenizer.encoding;

/**
 * Remembers the ids of short pieces seen lately, one piece a slot: a newer piece takes an older one's place.
 *
 * <p>A slot is eight longs, a cache line: four with the piece's chars, four with lengths and ids. Bounded, allocates
 * nothing after its construction, not thread-safe.
 */
final class PieceCache {

    /** Longest piece and most ids that a slot holds. */
    static final int MAX_CHARS = 16;

    static final int MAX_IDS = 7;

    private static final int SLOT_LONGS = 8;
    private static final int ID_LONGS = 4;

    private final long[] slots;
    private final int shift;
    /** The piece looked for last, its slot and its chars, four in a long. */
    private int slot;

    private int length;
    private long chars0;
    private long chars1;
    private long chars2;
    private long chars3;

    /** @param slotBits the cache has two to the power of this many slots of 64 bytes */
    PieceCache(int slotBits) {
        slots = new long[SLOT_LONGS << slotBits];
        shift = Long.SIZE - slotBits;
    }

    /** Appends the ids of a piece of at most {@value #MAX_CHARS} chars to {@code out} if they are known. */
    boolean find(char[] text, int start, int end, TokenBuffer out) {
        length = end - start;
        chars0 = pack(text, start, end);
        chars1 = length > 4 ? pack(text, start + 4, end) : 0;
        chars2 = length > 8 ? pack(text, start + 8, end) : 0;
        chars3 = length > 12 ? pack(text, start + 12, end) : 0;
        long hash = ((chars0 * 0x9E3779B97F4A7C15L) ^ chars1) * 0xD6E8FEB86659FD93L;
        hash = ((hash ^ (hash >>> 32)) + chars2 * 0xC2B2AE3D27D4EB4FL + (chars3 ^ length)) * 0x9E3779B97F4A7C15L;
        slot = (int) (hash >>> shift) * SLOT_LONGS;
        long meta = slots[slot + ID_LONGS];
        if (slots[slot] != chars0
                || slots[slot + 1] != chars1
                || slots[slot + 2] != chars2
                || slots[slot + 3] != chars3
                || ((meta >>> 8) & 0xFF) != length) {
            return false;
        }
        int count = (int) meta & 0xFF;
        out.add((int) (meta >>> 32));
        for (int i = 1; i < count; i++) {
            long pair = slots[slot + ID_LONGS + (i + 1) / 2];
            out.add((int) (i % 2 == 0 ? pair >>> 32 : pair));
        }
        return true;
    }

    /** Remembers the ids, at least one, of the piece that was looked for last. */
    void put(int[] ids, int count) {
        if (count > MAX_IDS) {
            return;
        }
        slots[slot] = chars0;
        slots[slot + 1] = chars1;
        slots[slot + 2] = chars2;
        slots[slot + 3] = chars3;
        slots[slot + ID_LONGS] = ((long) ids[0] << 32) | (length << 8) | count;
        for (int i = 1; i < count; i += 2) {
            long second = i + 1 < count ? ids[i + 1] : 0;
            slots[slot + ID_LONGS + (i + 1) / 2] = (second << 32) | ids[i];
        }
    }

    private static long pack(char[] text, int start, int end) {
        long packed = 0;
        int stop = Math.min(end, start + 4);
        for (int i = start; i < stop; i++) {
            packed = (packed << 16) | text[i];
        }
        return packed;
    }
}
