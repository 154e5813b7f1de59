package io.alignstream.training.workers;

import io.alignstream.languagemodel.network.Gradients;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Adds the gradients of shards that come one after the other, as one binary tree over all shards does: two neighbours as
 * soon as both are complete. So no more than the tree's height of sums is there at a time. For one thread.
 */
public final class ShardSum implements AutoCloseable {

    private final List<Gradients> sums = new ArrayList<>();
    private final List<Integer> levels = new ArrayList<>();
    private int next;
    private @Nullable Gradients computing;

    /** The sum of the shards from {@code first} on. */
    public ShardSum(int first) {
        this.next = first;
    }

    /**
     * Sets of gradients that a worker holds at once, at most, whoever shares the shards with it: the sums of complete subtrees, a
     * shard's and what is added to it, or another worker's shard that is compared, and where there are several workers what they
     * exchange, a row for each of the subtrees in the end.
     *
     * @param shards of the run
     */
    public static int mostSets(int shards) {
        return IntStream.rangeClosed(1, shards)
                .flatMap(workers ->
                        IntStream.range(0, workers).map(rank -> sets(Shards.of(rank, workers, shards), workers > 1)))
                .max()
                .orElseThrow();
    }

    private static int sets(Shards own, boolean exchanged) {
        int computing = IntStream.range(own.from(), own.to())
                .map(next -> subtrees(own.from(), next) + 2)
                .max()
                .orElseThrow();
        return exchanged ? Math.max(computing, 3) + subtrees(own.from(), own.to()) : computing;
    }

    /** The fewest complete subtrees that hold the shards from {@code from} to before {@code to}. */
    private static int subtrees(int from, int to) {
        int count = 0;
        for (int next = from; next < to; count++) {
            int most = Integer.highestOneBit(to - next);
            next += next == 0 ? most : Math.min(most, Integer.lowestOneBit(next));
        }
        return count;
    }

    /** Takes over gradients that are still to be computed, so that they are closed whatever happens. */
    public void taking(Gradients shard) {
        computing = shard;
    }

    /** Adds the next shard's gradients, which belong to this object from now on. */
    public void add(Gradients shard) {
        computing = null;
        Gradients sum = shard;
        int level = 0;
        // The node of the new sum begins at next − (2^level − 1); it is the right one of two if that bit is set.
        while (!levels.isEmpty() && levels.getLast() == level && (next >> level & 1) == 1) {
            Gradients left = sums.removeLast();
            levels.removeLast();
            left.add(sum);
            sum = left;
            level++;
        }
        sums.add(sum);
        levels.add(level);
        next++;
    }

    /** The sums of the complete subtrees so far, from left to right; they belong to the caller from now on. */
    public List<Gradients> subtrees() {
        List<Gradients> taken = List.copyOf(sums);
        sums.clear();
        levels.clear();
        return taken;
    }

    @Override
    public void close() {
        sums.forEach(Gradients::close);
        if (computing != null) {
            computing.close();
        }
    }
}
