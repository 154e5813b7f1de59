package io.alignstream.inference.retrieval;

import io.alignstream.contracts.messages.Reason;
import org.jspecify.annotations.Nullable;

/**
 * How far the index is, and what it leaves out.
 *
 * @param open whether it can be searched
 * @param read whether the topic was read to its end when it was looked last
 * @param passages that can be found
 * @param most passages that it may hold
 * @param bytes on disk
 * @param behind records that are still to be read
 * @param displaced documents that later ones took the place of
 * @param cut passages that were left out of documents that have too many
 * @param failed documents that no vectors could be made of
 * @param lost records that were deleted before they were read
 * @param unreadable records that are no documents
 * @param problem why it does not go on; null while it does
 */
public record RetrievalStatus(
        boolean open,
        boolean read,
        int passages,
        int most,
        long bytes,
        long behind,
        long displaced,
        long cut,
        long failed,
        long lost,
        long unreadable,
        @Nullable Reason problem) {}
