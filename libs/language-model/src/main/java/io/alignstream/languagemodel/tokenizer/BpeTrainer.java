package io.alignstream.languagemodel.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Learns a {@link Tokenizer} from text: first single characters, then again and again the most frequent pair of
 * neighbours becomes one token.
 *
 * <p>The alphabet is the control tokens, the 256 bytes and the characters that occur at least twice, most frequent first,
 * in at most three quarters of the remaining ids. Merging ends when the vocabulary is full or no pair occurs twice: a
 * small corpus gives a smaller vocabulary than asked for.
 *
 * <p>Ties go to the smaller left id, then the smaller right id. The same texts give the same tokenizer; with at most
 * {@value #MAX_PIECES} different pieces (the most that are kept at a time) their order does not matter either.
 *
 * <p>Tokens stay short, {@value #DEFAULT_LONGEST_HAN} Han characters or {@value #LONGEST_WORD} others: Chinese has no
 * spaces, so without a bound the corpus' stock phrases would become tokens. Not thread-safe.
 */
public final class BpeTrainer {

    /** Longest token of Han characters unless told otherwise: the length of an idiom. */
    public static final int DEFAULT_LONGEST_HAN = 4;

    static final int LONGEST_WORD = 16;
    static final int MAX_PIECES = 4_000_000;
    /** Longer pieces are learned from in parts, so that one endless word cannot slow every merge down. */
    private static final int LONGEST_PIECE = 256;

    private static final int SMALLEST_COUNT = 2;
    /** Below this many ids there is no room for the fixed tokens and a single character. */
    private static final int FIXED = ControlToken.values().length + Vocabulary.BYTES;

    private final int vocabularySize;
    private final int longestHan;
    private Map<String, Long> pieces = new HashMap<>();
    /** Occurrences of each code point, [1114112]. */
    private final long[] characters = new long[Character.MAX_CODE_POINT + 1];

    private long texts;

    /**
     * How far training is.
     *
     * @param texts texts read so far
     * @param tokens size of the vocabulary so far, 0 while texts are read
     * @param vocabularySize the size asked for
     */
    public record Progress(long texts, int tokens, int vocabularySize) {}

    /** Hears of progress, on the training thread; may throw to end the training. */
    @FunctionalInterface
    public interface Listener {
        void progress(Progress progress);
    }

    /** A trainer with the default longest token. */
    public BpeTrainer(int vocabularySize) {
        this(vocabularySize, DEFAULT_LONGEST_HAN);
    }

    /**
     * @param vocabularySize ids to make at most, control and byte tokens included, above 262 and up to 1,048,576
     * @param longestHan Han characters in a token at most, 1 or more
     */
    public BpeTrainer(int vocabularySize, int longestHan) {
        if (vocabularySize <= FIXED || vocabularySize > Vocabulary.MAX_SIZE) {
            throw new IllegalArgumentException("a vocabulary of " + vocabularySize + " tokens is impossible: " + FIXED
                    + " are control tokens and bytes, so ask for " + (FIXED + 1) + " to " + Vocabulary.MAX_SIZE);
        }
        if (longestHan < 1) {
            throw new IllegalArgumentException("longestHan is " + longestHan + " but must be at least 1");
        }
        this.vocabularySize = vocabularySize;
        this.longestHan = longestHan;
    }

    /** Learns from texts, which are read once. */
    public Tokenizer train(Stream<String> texts) {
        return train(texts.iterator());
    }

    /** Learns from texts, which are read once. */
    public Tokenizer train(Iterator<String> texts) {
        return train(texts, progress -> {});
    }

    /** Learns from texts, which are read once; the listener is called every thousand texts and hundred merges. */
    public Tokenizer train(Iterator<String> texts, Listener listener) {
        pieces = new HashMap<>();
        Arrays.fill(characters, 0);
        this.texts = 0;
        while (texts.hasNext()) {
            count(texts.next());
            if (++this.texts % 1_000 == 0) {
                listener.progress(new Progress(this.texts, 0, vocabularySize));
            }
        }
        List<String> names = alphabet();
        Vocabulary alphabet = new Vocabulary(names);
        MergeLearner learner = new MergeLearner(names, longestHan, LONGEST_WORD);
        pieces.entrySet().stream()
                .sorted(Map.Entry.comparingByKey()) // a fixed order, whatever the hash map's
                .forEach(entry -> learner.add(
                        alphabet.characters(entry.getKey(), 0, entry.getKey().length()), entry.getValue()));
        pieces = new HashMap<>();
        while (learner.size() < vocabularySize && learner.merge(SMALLEST_COUNT)) {
            if (learner.size() % 100 == 0) {
                listener.progress(new Progress(this.texts, learner.size(), vocabularySize));
            }
        }
        listener.progress(new Progress(this.texts, learner.size(), vocabularySize));
        return new Tokenizer(new Vocabulary(learner.names()), new Merges(learner.merges()));
    }

    private void count(String text) {
        text.codePoints().forEach(codePoint -> characters[Vocabulary.scalar(codePoint)]++);
        int at = 0;
        while (at < text.length()) {
            int end = PreTokenizer.end(text, at);
            while (at < end) {
                int cut = end - at <= LONGEST_PIECE ? end : text.offsetByCodePoints(at, LONGEST_PIECE / 2);
                pieces.merge(text.substring(at, cut), 1L, Long::sum);
                at = cut;
            }
        }
        for (long rare = 1; pieces.size() > MAX_PIECES; rare++) {
            long atMost = rare;
            pieces.values().removeIf(count -> count <= atMost);
        }
    }

    /** Control tokens, bytes and the frequent characters, in id order. */
    private List<String> alphabet() {
        List<String> names = new ArrayList<>();
        for (ControlToken token : ControlToken.values()) {
            names.add(token.text());
        }
        for (int value = 0; value < Vocabulary.BYTES; value++) {
            names.add(Vocabulary.byteName(value));
        }
        int room = Math.max(1, (vocabularySize - FIXED) * 3 / 4);
        IntStream.range(0, characters.length)
                .filter(codePoint -> characters[codePoint] >= SMALLEST_COUNT)
                .boxed()
                .sorted(Comparator.comparingLong((Integer codePoint) -> characters[codePoint])
                        .reversed()
                        .thenComparing(Comparator.naturalOrder()))
                .limit(room)
                .forEach(codePoint -> names.add(Character.toString(codePoint)));
        return names;
    }
}
