package io.alignstream.pretrain.data;

import io.alignstream.contracts.TokenBatch;
import io.alignstream.pretrain.data.BatchSequence.Lane;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One more pass over batches that a {@link BatchSequence} has admitted; for one thread.
 *
 * <p>What they hold was proved then, with the packer's ledger. Now their place and a number for their tokens tell them from
 * those that were refused, so a pass hashes no sequence again.
 */
final class BatchReplay {

    private final Map<Lane, Remaining> lanes = new HashMap<>();

    /** @param admitted the number of each batch, {@link #number} */
    BatchReplay(Map<Lane, List<Integer>> admitted) {
        admitted.forEach((lane, numbers) -> lanes.put(lane, new Remaining(List.copyOf(numbers))));
    }

    /** A number that batches with other tokens hardly ever share. */
    static int number(TokenBatch batch) {
        return Arrays.hashCode(batch.tokens());
    }

    /** Whether {@code batch} is the next one of its shard and split; false for one that was refused. */
    boolean admits(TokenBatch batch) {
        Remaining lane = lanes.get(Lane.of(batch));
        return lane != null && lane.take(batch);
    }

    /** Whether every batch has come. */
    boolean complete() {
        return lanes.values().stream().allMatch(Remaining::isEmpty);
    }

    /** The batches of one shard and split that have not come yet. */
    private static final class Remaining {

        private final List<Integer> numbers;
        private int taken;
        private long nextSequence;

        Remaining(List<Integer> numbers) {
            this.numbers = numbers;
        }

        boolean isEmpty() {
            return taken == numbers.size();
        }

        boolean take(TokenBatch batch) {
            if (isEmpty() || batch.firstSequence() != nextSequence || numbers.get(taken) != number(batch)) {
                return false;
            }
            taken++;
            nextSequence = batch.nextSequence();
            return true;
        }
    }
}
