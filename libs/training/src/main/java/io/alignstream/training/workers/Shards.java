package io.alignstream.training.workers;

/** Shards from {@code from} to before {@code to}. */
public record Shards(int from, int to) {

    public Shards {
        if (from < 0 || to < from) {
            throw new IllegalArgumentException("there are no shards from " + from + " to before " + to);
        }
    }

    /** Those of {@code rank} where {@code size} workers share {@code all} of them as evenly as they can. */
    public static Shards of(int rank, int size, int all) {
        return new Shards((int) ((long) rank * all / size), (int) ((long) (rank + 1) * all / size));
    }

    /** How many. */
    public int count() {
        return to - from;
    }
}
