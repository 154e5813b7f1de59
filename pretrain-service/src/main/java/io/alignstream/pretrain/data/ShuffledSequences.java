package io.alignstream.pretrain.data;

import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.random.SeededRandom;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.SortedMap;
import java.util.stream.Stream;

/**
 * A source read again and again, shuffled window by window, from any place on.
 *
 * <p>The order depends on seed, epoch and window only: to go on at a place, the window that holds it is read and
 * shuffled as it was before. Memory is bounded by the window. For one thread.
 */
public final class ShuffledSequences implements AutoCloseable {

    private final SequenceSource source;
    private final int window;
    private final long seed;
    private final List<int[]> rows = new ArrayList<>();
    private long epoch;
    private long windowStart;
    private int used;
    private Stream<int[]> stream;
    private Iterator<int[]> unread;

    /**
     * Opens {@code source}, which must not be empty.
     *
     * @param epoch passes that are done
     * @param position sequences of this pass that are done
     */
    public ShuffledSequences(SequenceSource source, int window, long seed, long epoch, long position) {
        this.source = source;
        this.window = window;
        this.seed = seed;
        this.epoch = epoch;
        this.windowStart = position - position % window;
        this.stream = source.open(windowStart);
        this.unread = stream.iterator();
        fill();
        this.used = (int) (position - windowStart);
    }

    /** The next {@code count} sequences; the last of a pass is followed by the first of the next one. */
    public List<int[]> take(int count) {
        List<int[]> taken = new ArrayList<>(count);
        while (taken.size() < count) {
            if (used == rows.size()) {
                advance();
            }
            taken.add(rows.get(used++));
        }
        return taken;
    }

    /** The ledger of the source. */
    SortedMap<String, String> ledger() {
        return source.ledger();
    }

    /** Passes over the source that are done. */
    public long epoch() {
        return epoch + (position() == source.size() ? 1 : 0);
    }

    /** Sequences of this pass that are done: less than the source's size. */
    public long nextSequence() {
        return position() % source.size();
    }

    private long position() {
        return windowStart + used;
    }

    private void advance() {
        windowStart += rows.size();
        if (windowStart >= source.size()) {
            if (unread.hasNext()) {
                throw new InvalidInputException(Reason.of("pretrain.dataGoesOn").with("sequences", source.size()));
            }
            epoch++;
            windowStart = 0;
            stream.close();
            stream = source.open(0);
            unread = stream.iterator();
        }
        fill();
    }

    private void fill() {
        rows.clear();
        used = 0;
        long count = Math.min(window, source.size() - windowStart);
        while (rows.size() < count) {
            if (!unread.hasNext()) {
                throw new InvalidInputException(Reason.of("pretrain.dataEnds")
                        .with("there", windowStart + rows.size())
                        .with("sequences", source.size()));
            }
            rows.add(unread.next());
        }
        if (window > 1) {
            Collections.shuffle(rows, SeededRandom.of(seed, "epoch " + epoch, windowStart));
        }
    }

    @Override
    public void close() {
        stream.close();
    }
}
