package io.alignstream.stageruntime.kept;

import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Sets of small whole numbers by name, a bit for each in memory: 1.25 MB for ten million. On the disk they lie in pages,
 * of which only those that have changed are written. For one thread.
 */
public final class KeptBitSets {

    private static final BitSet NONE = new BitSet();
    private static final int PAGE_LONGS = 64;
    private static final int PAGE = PAGE_LONGS * Long.SIZE;

    private final KeptTable pages;
    private final Map<String, Bits> sets = new HashMap<>();

    /** The numbers of one set, and the pages that are not on the disk as they are here. */
    private record Bits(BitSet numbers, BitSet changed) {

        static Bits none() {
            return new Bits(new BitSet(), new BitSet());
        }
    }

    /** The sets with this name, a word. */
    public KeptBitSets(KeptState state, String name) {
        this.pages = state.table(name);
    }

    /** Reads them from the disk. */
    public void restore() {
        sets.clear();
        pages.forEach((key, page) -> {
            int name = key.length - 1 - Integer.BYTES;
            int begin = ByteBuffer.wrap(key, name + 1, Integer.BYTES).getInt() * PAGE;
            BitSet numbers = sets.computeIfAbsent(new String(key, 0, name, StandardCharsets.UTF_8), any -> Bits.none())
                    .numbers();
            LongBuffer words = ByteBuffer.wrap(page).asLongBuffer();
            for (int word = 0; word < words.limit(); word++) {
                for (long bits = words.get(word); bits != 0; bits &= bits - 1) {
                    numbers.set(begin + word * Long.SIZE + Long.numberOfTrailingZeros(bits));
                }
            }
        });
    }

    /** Puts what has changed into the table. */
    public void save() {
        sets.forEach((name, bits) -> {
            bits.changed().stream().forEach(page -> {
                long[] words =
                        bits.numbers().get(page * PAGE, (page + 1) * PAGE).toLongArray();
                if (words.length == 0) {
                    pages.remove(key(name, page));
                } else {
                    ByteBuffer bytes = ByteBuffer.allocate(words.length * Long.BYTES);
                    Arrays.stream(words).forEach(bytes::putLong);
                    pages.put(key(name, page), bytes.array());
                }
            });
            bits.changed().clear();
        });
    }

    private static byte[] key(String name, int page) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(bytes.length + 1 + Integer.BYTES)
                .put(bytes)
                .put((byte) 0)
                .putInt(page)
                .array();
    }

    /** Adds {@code number}, 0 or more, to the set {@code name}. */
    public void set(String name, int number) {
        Bits bits = sets.computeIfAbsent(name, any -> Bits.none());
        bits.numbers().set(number);
        bits.changed().set(number / PAGE);
    }

    /** Removes {@code number} from the set {@code name}. */
    public void clear(String name, int number) {
        Bits bits = sets.get(name);
        if (bits != null && bits.numbers().get(number)) {
            bits.numbers().clear(number);
            bits.changed().set(number / PAGE);
        }
    }

    /** The set {@code name}, to be looked at; empty if nothing was ever added. */
    public BitSet get(String name) {
        Bits bits = sets.get(name);
        return bits == null ? NONE : bits.numbers();
    }

    /** The names of the sets to which something was added. */
    public Set<String> names() {
        return Set.copyOf(sets.keySet());
    }
}
