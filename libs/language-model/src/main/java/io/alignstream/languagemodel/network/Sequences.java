package io.alignstream.languagemodel.network;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * A right-padded batch of token sequences with the token that each position is to predict.
 *
 * @param batch number of sequences
 * @param time positions a sequence
 * @param ids {@code [batch, time]} row by row; padding may be any id, as nothing real attends to it
 * @param lengths {@code [batch]} positions of each row that are no padding, the first ones
 * @param targets {@code [batch, time]}: the next token, or {@value #IGNORE} where nothing is learned or scored, as in padding
 */
public record Sequences(int batch, int time, long[] ids, long[] lengths, long[] targets) {

    /** Target of a position that does not count. */
    public static final int IGNORE = -100;

    public Sequences {
        if (batch < 1 || time < 1 || ids.length != batch * time || targets.length != batch * time) {
            throw new IllegalArgumentException("batch " + batch + " x time " + time + " does not fit " + ids.length
                    + " ids and " + targets.length + " targets");
        }
        if (lengths.length != batch) {
            throw new IllegalArgumentException(lengths.length + " lengths do not fit " + batch + " rows");
        }
        for (int b = 0; b < batch; b++) {
            if (lengths[b] < 0 || lengths[b] > time) {
                throw new IllegalArgumentException(
                        "row " + b + " has a length of " + lengths[b] + ", not 0 to " + time);
            }
            for (int t = (int) lengths[b]; t < time; t++) {
                if (targets[b * time + t] >= 0) {
                    throw new IllegalArgumentException("row " + b + " has a length of " + lengths[b]
                            + " but a target at position " + t + ", which is padding");
                }
            }
        }
    }

    /** Rows from {@code from} to before {@code to}. */
    public record Range(int from, int to) {}

    /**
     * Cuts the batch so that no part has more than {@code positions}, padding counted, unless that is the least that
     * {@code mayBegin} allows.
     *
     * @param positions 1 or more
     * @param mayBegin whether a part may begin at a row
     */
    public List<Range> ranges(int positions, IntPredicate mayBegin) {
        if (positions < 1) {
            throw new IllegalArgumentException("positions at a time is " + positions + " but must be at least 1");
        }
        List<Range> ranges = new ArrayList<>();
        int from = 0;
        while (from < batch) {
            int to = from;
            long longest = 0;
            do {
                int next = to + 1;
                while (next < batch && !mayBegin.test(next)) {
                    next++;
                }
                long longer =
                        Math.max(longest, Arrays.stream(lengths, to, next).max().orElse(0));
                if (to > from && (next - from) * longer > positions) {
                    break;
                }
                longest = longer;
                to = next;
            } while (to < batch);
            ranges.add(new Range(from, to));
            from = to;
        }
        return ranges;
    }

    /** The same where a part may begin anywhere. */
    public List<Range> ranges(int positions) {
        return ranges(positions, row -> true);
    }

    /** The rows of {@code range}, as long as the longest of them; this if those are all. */
    public Sequences rows(Range range) {
        int count = range.to - range.from;
        if (count == batch) {
            return this;
        }
        int longest = Math.max(
                1, (int) Arrays.stream(lengths, range.from, range.to).max().orElse(1));
        long[] partIds = new long[count * longest];
        long[] partTargets = new long[count * longest];
        for (int row = 0; row < count; row++) {
            System.arraycopy(ids, (range.from + row) * time, partIds, row * longest, longest);
            System.arraycopy(targets, (range.from + row) * time, partTargets, row * longest, longest);
        }
        return new Sequences(count, longest, partIds, Arrays.copyOfRange(lengths, range.from, range.to), partTargets);
    }

    /** Parts of at most {@code positions} each, as {@link #ranges} cuts. */
    public List<Sequences> parts(int positions) {
        return ranges(positions).stream().map(this::rows).toList();
    }

    /** Rows without padding. */
    public Sequences(int batch, int time, long[] ids, long[] targets) {
        this(batch, time, ids, LongStream.generate(() -> time).limit(batch).toArray(), targets);
    }

    /**
     * Windows of text, each position predicting the next one.
     *
     * @param pad what windows are filled up with, which no text contains and nothing predicts, or -1 if there is none
     */
    public static Sequences packed(List<int[]> rows, int pad) {
        return of(rows, rows.stream().map(row -> text(row, pad)).toList());
    }

    /**
     * Sequences of any length; token t of a row is a target where {@code learned[t]} holds, whichever token it is: a model
     * may sample the one that others pad with.
     *
     * @param rows token ids, at least two each
     * @param learned for each row, which of its tokens count as targets
     */
    public static Sequences of(List<int[]> rows, List<boolean[]> learned) {
        int time = rows.stream().mapToInt(row -> row.length - 1).max().orElse(0);
        long[] ids = new long[rows.size() * time];
        long[] lengths = new long[rows.size()];
        long[] targets = new long[rows.size() * time];
        Arrays.fill(targets, IGNORE);
        for (int b = 0; b < rows.size(); b++) {
            int[] row = rows.get(b);
            lengths[b] = row.length - 1;
            for (int t = 0; t + 1 < row.length; t++) {
                ids[b * time + t] = row[t];
                if (learned.get(b)[t + 1]) {
                    targets[b * time + t] = row[t + 1];
                }
            }
        }
        return new Sequences(rows.size(), time, ids, lengths, targets);
    }

    /**
     * Prompts with answers: the answers' tokens are the targets that count.
     *
     * @param rows token ids of prompt and answer
     * @param promptLengths tokens of each row that belong to the prompt, one at least
     */
    public static Sequences answers(List<int[]> rows, List<Integer> promptLengths) {
        List<boolean[]> learned = new ArrayList<>();
        for (int b = 0; b < rows.size(); b++) {
            boolean[] answer = new boolean[rows.get(b).length];
            Arrays.fill(answer, promptLengths.get(b), answer.length, true);
            learned.add(answer);
        }
        return of(rows, learned);
    }

    /** Number of targets that count. */
    public int targetCount() {
        return counted().length;
    }

    /** Positions of the targets that count, among all {@code batch * time}, ascending. */
    public long[] counted() {
        return IntStream.range(0, targets.length)
                .filter(position -> targets[position] >= 0)
                .asLongStream()
                .toArray();
    }

    /** The targets that count, in the order of {@link #counted()}. */
    public long[] countedTargets() {
        return Arrays.stream(targets).filter(target -> target >= 0).toArray();
    }

    /** The rows of the targets that count, in the order of {@link #counted()}. */
    public long[] countedRows() {
        return Arrays.stream(counted()).map(position -> position / time).toArray();
    }

    /** The entries of {@code grid}, {@code [batch][time]}, where a target counts, in the order of {@link #counted()}. */
    public float[] counted(float[][] grid) {
        long[] positions = counted();
        float[] entries = new float[positions.length];
        for (int k = 0; k < entries.length; k++) {
            entries[k] = grid[(int) positions[k] / time][(int) positions[k] % time];
        }
        return entries;
    }

    /** The positions that are no padding, among all {@code batch * time}, ascending. */
    long[] real() {
        return IntStream.range(0, ids.length)
                .filter(position -> position % time < lengths[position / time])
                .asLongStream()
                .toArray();
    }

    /** {@code entries} at their {@code positions}, {@code [batch][time]}, 0 elsewhere. */
    float[][] grid(long[] positions, float[] entries) {
        float[][] grid = new float[batch][time];
        for (int k = 0; k < entries.length; k++) {
            grid[(int) positions[k] / time][(int) positions[k] % time] = entries[k];
        }
        return grid;
    }

    private static boolean[] text(int[] row, int pad) {
        boolean[] text = new boolean[row.length];
        for (int t = 0; t < text.length; t++) {
            text[t] = row[t] != pad;
        }
        return text;
    }
}
