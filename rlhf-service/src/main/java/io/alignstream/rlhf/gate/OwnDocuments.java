package io.alignstream.rlhf.gate;

import io.alignstream.languagemodel.generation.PreparedWeights;
import io.alignstream.languagemodel.generation.TextScorer;
import io.alignstream.languagemodel.generation.WeightFormat;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.rlhf.rehearsal.OwnTexts;
import java.util.List;

/**
 * How far a candidate is from the SFT model on documents that the SFT model writes and the policy has not rehearsed: what of
 * all that it has read, asked about or not, it no longer expects. For one thread.
 *
 * <p>Since the SFT model has sampled them, the mean difference of the log probabilities is its Kullback–Leibler divergence from
 * the candidate; perplexity on such text grows by its exponential.
 */
final class OwnDocuments {

    /** Of fewer documents chance decides. */
    static final int LEAST = 50;

    private static final int BATCH = 64;

    private final int count;
    private final List<Sequences> batches;
    private final OwnTexts documents;
    private final long tokens;
    private final double expected;

    OwnDocuments(Transformer sft, OwnTexts documents) {
        this.documents = documents;
        this.count = documents.size();
        this.batches = tells() ? documents.batches(BATCH) : List.of();
        this.tokens = batches.stream().mapToLong(Sequences::targetCount).sum();
        this.expected = total(sft);
    }

    /** Whether there are enough. */
    boolean tells() {
        return count >= LEAST;
    }

    /** How many there are. */
    int size() {
        return count;
    }

    /** In nats a token; 0 of the SFT model itself. */
    double kl(Transformer candidate) {
        return (expected - total(candidate)) / tokens;
    }

    /** What a candidate loses on them with weights in int8, in bits a byte. */
    double int8Loss(Transformer candidate) {
        double logs = 0;
        try (PreparedWeights weights = new PreparedWeights(candidate, WeightFormat.INT8)) {
            TextScorer scorer = new TextScorer(weights);
            for (int[] document : documents.ids()) {
                logs += scorer.logProbability(document);
            }
        }
        return (total(candidate) - logs) / Math.log(2) / documents.bytes();
    }

    private double total(Transformer model) {
        double sum = 0;
        for (Sequences batch : batches) {
            for (float log : model.answerLogProbabilities(batch)) {
                sum += log;
            }
        }
        return sum;
    }
}
