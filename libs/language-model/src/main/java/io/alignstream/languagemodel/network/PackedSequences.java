package io.alignstream.languagemodel.network;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Several sequences a row: none attends to another and each starts at position 0, so that losses are those of the same
 * sequences in rows of their own, up to the order of sums.
 *
 * @param rows ids and targets
 * @param positions {@code [batch, time]} of each token in its own sequence
 * @param segments {@code [batch, time]} number of a token's sequence in its row; -1 for padding
 */
public record PackedSequences(Sequences rows, long[] positions, long[] segments) {

    public PackedSequences {
        if (positions.length != rows.ids().length || segments.length != positions.length) {
            throw new IllegalArgumentException(positions.length + " positions and " + segments.length
                    + " segments do not fit " + rows.ids().length + " ids");
        }
    }

    /**
     * Packs sequences into rows as long as the longest of them: longest first, each into the first row with room.
     *
     * @param sequences token ids, at least two each
     * @param learned for each sequence, which of its tokens count as targets
     */
    public static PackedSequences of(List<int[]> sequences, List<boolean[]> learned) {
        return of(sequences, learned, rows(sequences));
    }

    /** The same with a row for each sequence. */
    public static PackedSequences single(List<int[]> sequences, List<boolean[]> learned) {
        return of(
                sequences,
                learned,
                IntStream.range(0, sequences.size()).mapToObj(List::of).toList());
    }

    private static PackedSequences of(List<int[]> sequences, List<boolean[]> learned, List<List<Integer>> rows) {
        int time = sequences.stream().mapToInt(PackedSequences::length).max().orElse(0);
        long[] ids = new long[rows.size() * time];
        long[] targets = new long[ids.length];
        long[] positions = new long[ids.length];
        long[] segments = new long[ids.length];
        Arrays.fill(targets, Sequences.IGNORE);
        Arrays.fill(segments, -1);
        for (int b = 0; b < rows.size(); b++) {
            int at = b * time;
            for (int segment = 0; segment < rows.get(b).size(); segment++) {
                int index = rows.get(b).get(segment);
                int[] sequence = sequences.get(index);
                for (int t = 0; t < length(sequence); t++, at++) {
                    ids[at] = sequence[t];
                    positions[at] = t;
                    segments[at] = segment;
                    if (learned.get(index)[t + 1]) {
                        targets[at] = sequence[t + 1];
                    }
                }
            }
        }
        return new PackedSequences(new Sequences(rows.size(), time, ids, targets), positions, segments);
    }

    /** How many rows {@link #of} makes of sequences. */
    public static int rowCount(List<int[]> sequences) {
        return rows(sequences).size();
    }

    /** Indices of the sequences in each row. */
    private static List<List<Integer>> rows(List<int[]> sequences) {
        List<Integer> longestFirst = IntStream.range(0, sequences.size())
                .boxed()
                .sorted(Comparator.comparingInt((Integer index) -> -length(sequences.get(index))))
                .toList();
        List<List<Integer>> rows = new ArrayList<>();
        List<Integer> room = new ArrayList<>();
        for (int index : longestFirst) {
            int length = length(sequences.get(index));
            int row = 0;
            while (row < rows.size() && room.get(row) < length) {
                row++;
            }
            if (row == rows.size()) {
                rows.add(new ArrayList<>());
                room.add(length(sequences.get(longestFirst.getFirst())));
            }
            rows.get(row).add(index);
            room.set(row, room.get(row) - length);
        }
        return rows;
    }

    /** Positions that a sequence takes: its last token is only a target. */
    private static int length(int[] sequence) {
        return sequence.length - 1;
    }
}
