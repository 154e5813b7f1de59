package io.alignstream.languagemodel.random;

import io.alignstream.contracts.hash.Sha256;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/**
 * Random generators as functions of what they are for, so that a resumed run needs no generator state: the numbers of
 * epoch 7 depend on the seed and 7, not on what was drawn before.
 *
 * <p>The name is hashed because a {@link SplittableRandom} with seed s + γ repeats the one with seed s, shifted by one:
 * plain arithmetic on seeds gives streams that overlap.
 */
public final class SeededRandom {

    private SeededRandom() {}

    /**
     * The generator for one purpose.
     *
     * @param seed of the run
     * @param purpose for example {@code shuffle}
     * @param index for example the number of the epoch
     */
    public static SplittableRandom of(long seed, String purpose, long index) {
        byte[] hash = Sha256.bytes(seed + "/" + purpose + "/" + index);
        return new SplittableRandom(ByteBuffer.wrap(hash).getLong());
    }

    /** The numbers from 0 to {@code count - 1} in random order. */
    public static int[] permutation(int count, SplittableRandom random) {
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }
}
