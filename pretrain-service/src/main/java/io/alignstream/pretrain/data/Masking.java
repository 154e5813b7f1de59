package io.alignstream.pretrain.data;

import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Hides tokens that a model is to find (Devlin et al., arXiv 1810.04805, section 3.1): {@value #SHARE} of a row's tokens are
 * chosen; of them eight in ten become the mask, one in ten another token, and one in ten stays, so that the model cannot
 * rely on the mask to know what to doubt.
 *
 * <p>What is hidden in a row depends on the seed and on the row's place in the data, all passes counted: each pass hides
 * others (Liu et al., arXiv 1907.11692), and a run that goes on, alone or among workers, hides the same as one that was
 * never stopped. Control tokens, as those between documents, are never hidden. Immutable, thread-safe.
 */
public final class Masking {

    static final double SHARE = 0.15;

    private static final double MASKED = 0.8;
    private static final double REPLACED = 0.1;
    /** What is held out is hidden alike in all runs, so that their figures can be compared. */
    private static final String HELD_OUT = "masked validation";

    private final int mask;
    private final int pad;
    private final long seed;
    /** Ids that stand for text, ascending. */
    private final int[] words;

    private final boolean[] isWord;

    /**
     * Hides tokens of {@code tokenizer}.
     *
     * @param tokenizer one with a mask
     */
    public Masking(Tokenizer tokenizer, long seed) {
        this.mask = tokenizer
                .mask()
                .orElseThrow(
                        () -> new IllegalArgumentException("the tokenizer has no mask; give Tokenizer.withMask()"));
        this.pad = tokenizer.pad();
        this.seed = seed;
        this.words = IntStream.range(0, tokenizer.vocabularySize())
                .filter(id -> tokenizer.byteLength(id) > 0)
                .toArray();
        this.isWord = new boolean[tokenizer.vocabularySize()];
        for (int word : words) {
            isWord[word] = true;
        }
    }

    /**
     * Rows of training text with tokens hidden, which are the targets.
     *
     * @param rows {@code [row][time]} token ids
     * @param place of the first row in the data, all passes counted
     */
    public Sequences training(List<int[]> rows, long place) {
        return hidden(rows, place, seed, "mask");
    }

    /**
     * Rows of held-out text with tokens hidden, the same for every seed.
     *
     * @param first number of the first row
     */
    Sequences heldOut(List<int[]> rows, long first) {
        return hidden(rows, first, 0, HELD_OUT);
    }

    private Sequences hidden(List<int[]> rows, long place, long key, String purpose) {
        int time = rows.getFirst().length;
        long[] ids = new long[rows.size() * time];
        long[] targets = new long[ids.length];
        long[] lengths = new long[rows.size()];
        Arrays.fill(targets, Sequences.IGNORE);
        for (int b = 0; b < rows.size(); b++) {
            int[] row = rows.get(b);
            for (int t = 0; t < time; t++) {
                ids[b * time + t] = row[t];
                lengths[b] = row[t] == pad ? lengths[b] : t + 1;
            }
            SplittableRandom random = SeededRandom.of(key, purpose, place + b);
            for (int t : chosen(row, random)) {
                targets[b * time + t] = row[t];
                ids[b * time + t] = shown(row[t], random);
            }
        }
        return new Sequences(rows.size(), time, ids, lengths, targets);
    }

    /** The positions of a row that are hidden: its share of the words, one at least where there is one. */
    private int[] chosen(int[] row, SplittableRandom random) {
        int[] candidates =
                IntStream.range(0, row.length).filter(t -> isWord[row[t]]).toArray();
        int count = candidates.length == 0 ? 0 : Math.max(1, (int) Math.round(SHARE * candidates.length));
        int[] order = SeededRandom.permutation(candidates.length, random);
        return Arrays.stream(order, 0, count).map(i -> candidates[i]).sorted().toArray();
    }

    private int shown(int token, SplittableRandom random) {
        double drawn = random.nextDouble();
        if (drawn < MASKED) {
            return mask;
        }
        return drawn < MASKED + REPLACED ? words[random.nextInt(words.length)] : token;
    }
}
