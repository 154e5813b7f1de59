package io.alignstream.tokenizer.cleaning;

import io.alignstream.textcleaning.CleaningProfile;
import io.alignstream.textcleaning.NearDuplicates;
import io.alignstream.textcleaning.Rule;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The keys under which duplicates of a document meet, by the band partition that keeps them; for one thread.
 *
 * <p>A content hash key is the first 16 bytes of the sha256, a band's key its 8 bytes.
 */
final class DuplicateKeys {

    private static final int HASH_BYTES = 16;

    private final boolean exact;
    private final boolean near;
    private final int partitions;
    private final NearDuplicates nearDuplicates = new NearDuplicates();

    DuplicateKeys(CleaningProfile profile, int partitions) {
        this.exact = profile.has(Rule.DUPLICATE);
        this.near = profile.has(Rule.NEAR_DUPLICATE);
        this.partitions = partitions;
    }

    /** Band partition → keys; empty if no rule about duplicates is on. */
    Map<Integer, List<byte[]>> of(String text, byte[] contentHash) {
        Map<Integer, List<byte[]>> keys = new TreeMap<>();
        if (exact) {
            add(Arrays.copyOf(contentHash, HASH_BYTES), keys);
        }
        if (near) {
            for (long key : nearDuplicates.keys(text)) {
                add(ByteBuffer.allocate(Long.BYTES).putLong(key).array(), keys);
            }
        }
        return keys;
    }

    private void add(byte[] key, Map<Integer, List<byte[]>> keys) {
        // All keys are hashes already: their first bytes spread them.
        int partition = Math.floorMod(ByteBuffer.wrap(key).getInt(), partitions);
        keys.computeIfAbsent(partition, band -> new ArrayList<>()).add(key);
    }
}
