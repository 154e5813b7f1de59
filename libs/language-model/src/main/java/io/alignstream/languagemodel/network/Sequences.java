package io.alignstream.languagemodel.network;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A right-padded batch of token sequences with the token that each position is to predict.
 *
 * @param batch number of sequences
 * @param time positions a sequence
 * @param ids {@code [batch, time]} row by row; padding may be any id, as nothing real attends to it
 * @param targets {@code [batch, time]}: the next token, or {@value #IGNORE} where nothing is learned or scored
 */
public record Sequences(int batch, int time, long[] ids, long[] targets) {

    /** Target of a position that does not count. */
    public static final int IGNORE = -100;

    public Sequences {
        if (batch < 1 || time < 1 || ids.length != batch * time || targets.length != batch * time) {
            throw new IllegalArgumentException("batch " + batch + " x time " + time + " does not fit " + ids.length
                    + " ids and " + targets.length + " targets");
        }
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
        long[] targets = new long[rows.size() * time];
        Arrays.fill(targets, IGNORE);
        for (int b = 0; b < rows.size(); b++) {
            int[] row = rows.get(b);
            for (int t = 0; t + 1 < row.length; t++) {
                ids[b * time + t] = row[t];
                if (learned.get(b)[t + 1]) {
                    targets[b * time + t] = row[t + 1];
                }
            }
        }
        return new Sequences(rows.size(), time, ids, targets);
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
        return (int) Arrays.stream(targets).filter(target -> target >= 0).count();
    }

    private static boolean[] text(int[] row, int pad) {
        boolean[] text = new boolean[row.length];
        for (int t = 0; t < text.length; t++) {
            text[t] = row[t] != pad;
        }
        return text;
    }
}
