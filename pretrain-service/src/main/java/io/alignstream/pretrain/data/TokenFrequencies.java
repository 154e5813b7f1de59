package io.alignstream.pretrain.data;

import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** How often each token stands in a sample of the data: what who knows nothing else can guess by. Immutable. */
public final class TokenFrequencies {

    private static final int SAMPLE = 256;

    private final Tokenizer tokenizer;
    /** By token id. */
    private final long[] counts;

    private TokenFrequencies(Tokenizer tokenizer, long... counts) {
        this.tokenizer = tokenizer;
        this.counts = counts;
    }

    /** Those of the first {@value #SAMPLE} sequences. */
    public static TokenFrequencies of(SequenceSource source, Tokenizer tokenizer) {
        long[] counts = new long[tokenizer.vocabularySize()];
        try (Stream<int[]> sample = source.open(0).limit(SAMPLE)) {
            sample.forEach(sequence -> {
                for (int token : sequence) {
                    counts[token]++;
                }
            });
        }
        return new TokenFrequencies(tokenizer, counts);
    }

    /** Entropy of single tokens, in nats. */
    public double entropy() {
        double total = Arrays.stream(counts).sum();
        double entropy = 0;
        for (long count : counts) {
            entropy -= count == 0 ? 0 : count / total * Math.log(count / total);
        }
        return entropy;
    }

    /** The token of text that stands most often, the first of several. */
    public int mostFrequent() {
        return IntStream.range(0, counts.length)
                .filter(token -> tokenizer.byteLength(token) > 0)
                .reduce((one, other) -> counts[other] > counts[one] ? other : one)
                .orElseThrow();
    }
}
