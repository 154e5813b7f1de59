package io.alignstream.pretrain.data;

import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.pretrain.data.BatchSequence.Lane;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One more pass over batches that a {@link BatchSequence} has admitted; for one thread.
 *
 * <p>What they hold was proved then, with the packer's ledger, and a pass builds no tree again. It takes the same
 * records, by partition and offset, which leaves out those that were refused; and a record that holds the same tokens as
 * then: a topic that was made anew has others at the same offsets.
 */
final class BatchReplay {

    private final Map<Lane, Remaining> lanes = new HashMap<>();

    /** @param admitted the batches in their order */
    BatchReplay(Map<Lane, List<Known>> admitted) {
        admitted.forEach((lane, batches) -> lanes.put(lane, new Remaining(List.copyOf(batches))));
    }

    /**
     * What is remembered of a batch.
     *
     * @param tokens their SHA-256, in hexadecimal
     */
    record Known(BatchRecord record, long firstSequence, String tokens) {

        static Known of(TokenBatch batch, BatchRecord record) {
            ByteBuffer tokens = ByteBuffer.allocate(batch.tokens().length * Integer.BYTES);
            tokens.asIntBuffer().put(batch.tokens());
            return new Known(
                    record, batch.firstSequence(), new Sha256().add(tokens).hex());
        }
    }

    /** Whether {@code batch} is the next one of its shard and split; false for one that was refused. */
    boolean admits(TokenBatch batch, BatchRecord record) {
        Remaining lane = lanes.get(Lane.of(batch));
        return lane != null && lane.take(Known.of(batch, record));
    }

    /** Whether every batch has come. */
    boolean complete() {
        return lanes.values().stream().allMatch(Remaining::isEmpty);
    }

    /** The batches of one shard and split that have not come yet. */
    private static final class Remaining {

        private final List<Known> batches;
        private int taken;

        Remaining(List<Known> batches) {
            this.batches = batches;
        }

        boolean isEmpty() {
            return taken == batches.size();
        }

        boolean take(Known batch) {
            if (isEmpty() || !batches.get(taken).equals(batch)) {
                return false;
            }
            taken++;
            return true;
        }
    }
}
