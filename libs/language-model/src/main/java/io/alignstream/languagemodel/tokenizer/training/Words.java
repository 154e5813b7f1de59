package io.alignstream.languagemodel.tokenizer.training;

import io.alignstream.languagemodel.tokenizer.encoding.PieceCounts;
import io.alignstream.languagemodel.tokenizer.encoding.TokenBuffer;
import io.alignstream.languagemodel.tokenizer.vocabulary.Vocabulary;
import java.util.Arrays;
import java.util.List;

/**
 * The distinct pieces as sequences of ids that shrink as merges are applied.
 *
 * <p>Different words may be changed by different threads at the same time.
 */
public final class Words {

    /** Ids of all words, one after the other. */
    private final int[] ids;
    /** Where each word begins, [size]. */
    private final int[] starts;
    /** Ids left of each word, [size]. */
    private final int[] lengths;
    /** Occurrences of each word, [size]. */
    private final long[] counts;

    private final int size;

    /** Occurrences of the words that are one id and can take part in no merge, by id. */
    private final long[] single;

    /** The pieces as ids of {@code alphabet}. */
    public Words(List<PieceCounts> pieces, Vocabulary alphabet) {
        single = new long[alphabet.size()];
        int number = pieces.stream().mapToInt(PieceCounts::size).sum();
        starts = new int[number];
        lengths = new int[number];
        counts = new long[number];
        long chars = pieces.stream()
                .mapToLong(shard -> shard.size() == 0 ? 0 : shard.end(shard.size() - 1))
                .sum();
        int most = alphabet.byteLevel() ? Vocabulary.MAX_IDS_PER_CHAR : 1;
        TokenBuffer all = new TokenBuffer((int) Math.min(chars * most, 1 << 28));
        int[] symbols = new int[1 << 12];
        int words = 0;
        for (PieceCounts shard : pieces) {
            for (int piece = 0; piece < shard.size(); piece++) {
                int count = alphabet.symbols(shard.chars(), shard.start(piece), shard.end(piece), symbols);
                if (count == 1) {
                    single[symbols[0]] += shard.count(piece);
                } else {
                    starts[words] = all.size();
                    lengths[words] = count;
                    counts[words++] = shard.count(piece);
                    all.addAll(symbols, count);
                }
            }
        }
        size = words;
        ids = all.toArray();
    }

    int size() {
        return size;
    }

    /** How often each of the ids below {@code number} occurs as things stand. */
    public long[] frequencies(int number) {
        long[] frequencies = Arrays.copyOf(single, number);
        for (int word = 0; word < size; word++) {
            for (int i = starts[word]; i < starts[word] + lengths[word]; i++) {
                frequencies[ids[i]] += counts[word];
            }
        }
        return frequencies;
    }

    /** Counts the pairs of neighbours in {@code word}. */
    void count(int word, PairChanges changes) {
        int start = starts[word];
        for (int i = start; i + 1 < start + lengths[word]; i++) {
            changes.more(ids[i], ids[i + 1], counts[word], word);
        }
    }

    /** Merges each {@code left} and {@code right} in {@code word} and notes the pairs that come and go thereby. */
    void merge(int word, int left, int right, int merged, PairChanges changes) {
        int start = starts[word];
        int end = start + lengths[word];
        long count = counts[word];
        int kept = start; // ids kept so far are written over the word's beginning
        int i = start;
        while (i < end) {
            if (ids[i] != left || i + 1 == end || ids[i + 1] != right) {
                ids[kept++] = ids[i++];
                continue;
            }
            if (kept > start) {
                changes.fewer(ids[kept - 1], left, count);
                changes.more(ids[kept - 1], merged, count, word);
            }
            if (i + 2 < end) {
                changes.fewer(right, ids[i + 2], count);
                changes.more(merged, ids[i + 2], count, word);
            }
            ids[kept++] = merged;
            i += 2;
        }
        lengths[word] = kept - start;
    }
}
