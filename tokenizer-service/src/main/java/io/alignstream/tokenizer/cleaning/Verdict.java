package io.alignstream.tokenizer.cleaning;

import io.alignstream.textcleaning.Rule;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A band partition's answer about one document.
 *
 * @param offset of the document in its partition of {@code documents}
 * @param duplicate the rule by which it is a duplicate, null if this band partition knows no earlier one
 * @param firstPartition partition of the earlier document, 0 if there is none
 * @param firstOffset its offset
 */
record Verdict(long offset, @Nullable Rule duplicate, int firstPartition, long firstOffset) {

    static final int BYTES = 1 + Long.BYTES + Integer.BYTES + Long.BYTES;

    static Verdict unique(long offset) {
        return new Verdict(offset, null, 0, 0);
    }

    /** The verdict that counts of two about the same document: an exact duplicate before a near one, then the first. */
    Verdict and(Verdict other) {
        if (duplicate == null) {
            return other;
        }
        boolean stronger = duplicate == Rule.NEAR_DUPLICATE && other.duplicate == Rule.DUPLICATE;
        boolean earlier = duplicate == other.duplicate
                && (other.firstPartition < firstPartition
                        || other.firstPartition == firstPartition && other.firstOffset < firstOffset);
        return stronger || earlier ? other : this;
    }

    byte[] encode() {
        return ByteBuffer.allocate(BYTES)
                .put((byte) (duplicate == null ? 0 : duplicate == Rule.DUPLICATE ? 1 : 2))
                .putLong(offset)
                .putInt(firstPartition)
                .putLong(firstOffset)
                .array();
    }

    static Verdict decode(ByteBuffer in) {
        byte kind = in.get();
        return new Verdict(
                in.getLong(),
                kind == 0 ? null : kind == 1 ? Rule.DUPLICATE : Rule.NEAR_DUPLICATE,
                in.getInt(),
                in.getLong());
    }
}
