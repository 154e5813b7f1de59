package io.alignstream.languagemodel.network;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/** How the rows of a batch become parts: micro-batches that fit into memory, or shards for workers. Thread-safe. */
@FunctionalInterface
public interface Cut {

    /**
     * The parts of {@code rows}, none of them empty, in order and without gaps.
     *
     * @param mayBegin whether a part may begin at a row
     */
    List<Sequences.Range> ranges(Sequences rows, IntPredicate mayBegin);

    /**
     * Parts of at most {@code positions} each, padding counted, or of as little as belongs together: what a step keeps for its
     * backward pass grows with the positions.
     *
     * @param positions 1 or more
     */
    static Cut ofPositions(int positions) {
        return (rows, mayBegin) -> rows.ranges(positions, mayBegin);
    }

    /**
     * At most {@code count} parts of about as many rows each, whatever their lengths.
     *
     * @param count 1 or more
     */
    static Cut into(int count) {
        return (rows, mayBegin) -> {
            List<Sequences.Range> ranges = new ArrayList<>();
            int from = 0;
            for (int part = 1; part <= count; part++) {
                int to = (int) ((long) part * rows.batch() / count);
                while (to < rows.batch() && !mayBegin.test(to)) {
                    to++;
                }
                if (to > from) {
                    ranges.add(new Sequences.Range(from, to));
                    from = to;
                }
            }
            return ranges;
        };
    }
}
