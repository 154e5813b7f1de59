package io.alignstream.languagemodel.tokenizer;

import io.alignstream.languagemodel.tokenizer.encoding.PieceCounts;
import io.alignstream.languagemodel.tokenizer.format.TokenizerFormat;
import io.alignstream.languagemodel.tokenizer.format.TokenizerJson;
import io.alignstream.languagemodel.tokenizer.training.CharacterCounts;
import io.alignstream.languagemodel.tokenizer.training.MergeLearner;
import io.alignstream.languagemodel.tokenizer.training.MergeRules;
import io.alignstream.languagemodel.tokenizer.training.PieceCounter;
import io.alignstream.languagemodel.tokenizer.training.Words;
import io.alignstream.languagemodel.tokenizer.training.Workers;
import io.alignstream.languagemodel.tokenizer.vocabulary.ByteAlphabet;
import io.alignstream.languagemodel.tokenizer.vocabulary.ControlToken;
import io.alignstream.languagemodel.tokenizer.vocabulary.Vocabulary;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Learns a {@link Tokenizer} from text: first single characters or bytes, then again and again the most frequent pair of
 * neighbours becomes one token.
 *
 * <p>The alphabet is the control tokens, the 256 bytes and, in Alignstream's own format, the characters that occur at
 * least twice, most frequent first, in at most three quarters of the remaining ids. Merging ends when the vocabulary is
 * full or no pair occurs twice: a small corpus gives a smaller vocabulary than asked for.
 *
 * <p>Ties go to the smaller left id, then the smaller right id. The same texts give the same tokenizer, whatever the
 * number of threads; with at most {@value #MAX_PIECES} different pieces (the most that are kept at a time) their order
 * does not matter either. Memory is bounded by the different pieces, not by the text.
 *
 * <p>In Alignstream's own format tokens stay short, {@value #DEFAULT_LONGEST_HAN} Han characters or
 * {@value #LONGEST_WORD} others: Chinese has no spaces, so without a bound the corpus' stock phrases would become tokens.
 * The byte-level formats bound nothing, as their makers do. Not thread-safe.
 */
public final class BpeTrainer {

    /** Longest token of Han characters unless told otherwise: the length of an idiom. */
    public static final int DEFAULT_LONGEST_HAN = 4;

    static final int LONGEST_WORD = 16;
    static final int MAX_PIECES = 4_000_000;

    private static final int SMALLEST_COUNT = 2;
    private static final int MAX_THREADS = 64;
    /** Below this many ids there is no room for the fixed tokens and a single character. */
    private static final int FIXED = ControlToken.values().length + Vocabulary.BYTES;

    private final int vocabularySize;
    private final TokenizerFormat format;
    private final int longestHan;
    private final int threads;
    private long[] frequencies = {};

    /**
     * How far training is.
     *
     * @param texts texts read so far
     * @param tokens size of the vocabulary so far, 0 while texts are read
     * @param vocabularySize the size asked for
     */
    public record Progress(long texts, int tokens, int vocabularySize) {}

    /** Hears of progress, on the thread that called; may throw to end the training. */
    @FunctionalInterface
    public interface Listener {
        void progress(Progress progress);
    }

    /** A trainer of Alignstream's own format with the default longest token, on all processors. */
    public BpeTrainer(int vocabularySize) {
        this(vocabularySize, DEFAULT_LONGEST_HAN);
    }

    /** A trainer of Alignstream's own format, on all processors. */
    public BpeTrainer(int vocabularySize, int longestHan) {
        this(
                vocabularySize,
                TokenizerFormat.CHARACTERS,
                longestHan,
                Math.min(MAX_THREADS, Runtime.getRuntime().availableProcessors()));
    }

    /**
     * @param vocabularySize ids to make at most, control and byte tokens included, above 262 and up to 1,048,576
     * @param longestHan Han characters in a token at most, 1 or more; byte-level formats have no such bound
     * @param threads 1 (the caller's own) to 64
     */
    public BpeTrainer(int vocabularySize, TokenizerFormat format, int longestHan, int threads) {
        if (vocabularySize <= FIXED || vocabularySize > Vocabulary.MAX_SIZE) {
            throw new IllegalArgumentException("a vocabulary of " + vocabularySize + " tokens is impossible: " + FIXED
                    + " are control tokens and bytes, so ask for " + (FIXED + 1) + " to " + Vocabulary.MAX_SIZE);
        }
        if (longestHan < 1) {
            throw new IllegalArgumentException("longestHan is " + longestHan + " but must be at least 1");
        }
        if (threads < 1 || threads > MAX_THREADS) {
            throw new IllegalArgumentException("threads is " + threads + " but must be 1 to " + MAX_THREADS);
        }
        this.vocabularySize = vocabularySize;
        this.format = format;
        this.longestHan = longestHan;
        this.threads = threads;
    }

    /** Learns from texts, which are read once. */
    public Tokenizer train(Stream<String> texts) {
        return train(texts.iterator());
    }

    /** Learns from texts, which are read once. */
    public Tokenizer train(Iterator<String> texts) {
        return train(texts, progress -> {});
    }

    /** Learns from texts, which are read once; the listener is called every some thousand texts and hundred merges. */
    public Tokenizer train(Iterator<String> texts, Listener listener) {
        try (Workers workers = new Workers(threads)) {
            long[] read = {0};
            PieceCounter counter = new PieceCounter(format, MAX_PIECES, PieceCounter.BLOCK_CHARS, workers);
            counter.count(texts, soFar -> {
                read[0] = soFar;
                listener.progress(new Progress(soFar, 0, vocabularySize));
            });
            List<String> alphabet = alphabet(counter);
            Words words = new Words(counter.pieces(), Vocabulary.trained(alphabet, format.byteLevel()));
            counter.pieces().forEach(PieceCounts::release);
            MergeLearner learner = new MergeLearner(alphabet, rules(), SMALLEST_COUNT, words, workers);
            while (learner.size() < vocabularySize && learner.merge()) {
                if (learner.size() % 100 == 0) {
                    listener.progress(new Progress(read[0], learner.size(), vocabularySize));
                }
            }
            listener.progress(new Progress(read[0], learner.size(), vocabularySize));
            frequencies = words.frequencies(learner.size());
            return Tokenizer.load(TokenizerJson.write(learner.names(), learner.merges(), format));
        }
    }

    /** How often each token occurs in the texts of the last training, by id; empty before the first. */
    public long[] frequencies() {
        return frequencies.clone();
    }

    private MergeRules rules() {
        return format.byteLevel()
                ? new MergeRules(ControlToken.values().length, Integer.MAX_VALUE, Integer.MAX_VALUE)
                : new MergeRules(FIXED, longestHan, LONGEST_WORD);
    }

    /** Control tokens, bytes and the frequent characters, in id order. */
    private List<String> alphabet(PieceCounter counter) {
        List<String> names = new ArrayList<>();
        for (ControlToken token : ControlToken.values()) {
            names.add(token.text());
        }
        for (int value = 0; value < Vocabulary.BYTES; value++) {
            names.add(format.byteLevel() ? ByteAlphabet.name(value) : Vocabulary.byteName(value));
        }
        if (!format.byteLevel()) {
            CharacterCounts characters = counter.characters();
            characters
                    .codePoints()
                    .filter(codePoint -> characters.count(codePoint) >= SMALLEST_COUNT)
                    .boxed()
                    .sorted(Comparator.comparingLong(characters::count)
                            .reversed()
                            .thenComparing(Comparator.naturalOrder()))
                    .limit(Math.max(1, (vocabularySize - FIXED) * 3 / 4))
                    .forEach(codePoint -> names.add(Character.toString(codePoint)));
        }
        return names;
    }
}
