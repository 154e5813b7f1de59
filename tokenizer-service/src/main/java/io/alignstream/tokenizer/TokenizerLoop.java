package io.alignstream.tokenizer;

import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Learns a tokenizer from texts, in one go: nothing is stored in between. For one thread.
 *
 * <p>What it says about compression is measured on the first texts, which are in memory still when the merges are known.
 */
final class TokenizerLoop {

    private static final int SAMPLE = 1_000;

    private final BpeTrainer trainer;

    /**
     * What came out.
     *
     * @param frequencies how often each token occurs in the texts, by token id
     * @param texts number of texts it was learned from
     * @param bytesPerToken of the first texts
     */
    record Learned(Tokenizer tokenizer, long[] frequencies, long texts, double bytesPerToken) {

        /** The figures of the tokenizer's checkpoint. */
        Map<String, Double> metrics() {
            return Map.of(
                    "documents",
                    (double) texts,
                    "vocabularySize",
                    (double) tokenizer.vocabularySize(),
                    "bytesPerToken",
                    bytesPerToken);
        }
    }

    /** @param vocabularySize token ids to learn at most */
    TokenizerLoop(int vocabularySize) {
        trainer = new BpeTrainer(vocabularySize);
    }

    /**
     * Reads all {@code texts} and learns.
     *
     * @param listener hears of every step; what it throws ends the work
     */
    Learned learn(Iterator<String> texts, BpeTrainer.Listener listener) {
        Sampled sampled = new Sampled(texts);
        Tokenizer tokenizer = trainer.train(sampled, listener);
        return new Learned(tokenizer, trainer.frequencies(), sampled.texts, bytesPerToken(tokenizer, sampled.sample));
    }

    private static double bytesPerToken(Tokenizer tokenizer, List<String> sample) {
        long bytes = 0;
        long tokens = 0;
        for (String text : sample) {
            for (int id : tokenizer.encode(text)) {
                bytes += tokenizer.byteLength(id);
                tokens++;
            }
        }
        return tokens == 0 ? 0 : (double) bytes / tokens;
    }

    /** Counts the texts that pass and keeps the first of them. */
    private static final class Sampled implements Iterator<String> {
        private final Iterator<String> all;
        private final List<String> sample = new ArrayList<>();
        private long texts;

        Sampled(Iterator<String> all) {
            this.all = all;
        }

        @Override
        public boolean hasNext() {
            return all.hasNext();
        }

        @Override
        public String next() {
            String text = all.next();
            texts++;
            if (sample.size() < SAMPLE) {
                sample.add(text);
            }
            return text;
        }
    }
}
