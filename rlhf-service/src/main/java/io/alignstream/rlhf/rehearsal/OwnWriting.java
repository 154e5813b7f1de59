package io.alignstream.rlhf.rehearsal;

import io.alignstream.contracts.split.GatePrompts;
import io.alignstream.languagemodel.generation.PreparedWeights;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.function.IntConsumer;

/**
 * What a model writes of its own accord: it covers what the model knows rather than what anybody thought of asking.
 *
 * <p>A policy that rehearses it while it learns something else (self-synthesised rehearsal, Huang et al., arXiv 2403.01244;
 * of documents PPO-ptx, Ouyang et al., arXiv 2203.02155, without the corpus) forgets less; what it does not rehearse shows
 * what it has forgotten.
 *
 * @param conversations the user's turns are given, the answers count
 * @param documents all but the first token counts
 */
public record OwnWriting(OwnTexts conversations, OwnTexts documents) {

    /** Nothing. */
    public static final OwnWriting NONE = new OwnWriting(OwnTexts.NONE, OwnTexts.NONE);

    /**
     * How much.
     *
     * @param asked conversations that begin with a question of the model's own
     * @param opened conversations that begin as a document of its own does
     * @param documents documents
     */
    public record Counts(int asked, int opened, int documents) {

        /** Of all kinds. */
        public int all() {
            return asked + opened + documents;
        }
    }

    /**
     * What {@code model} writes, a function of its weights and the seed.
     *
     * @param counts how much; less if the model writes too few texts that end
     * @param longestAnswer in tokens
     * @param gate what people hold out for the gate: what asks it is left out, since answers to it must not be rehearsed
     * @param written hears how many texts there are, from time to time
     */
    public static OwnWriting of(
            Transformer model,
            Tokenizer tokenizer,
            Counts counts,
            int longestAnswer,
            long seed,
            GatePrompts gate,
            IntConsumer written) {
        if (counts.all() == 0) {
            return NONE;
        }
        try (PreparedWeights weights = new PreparedWeights(model)) {
            Author author = new Author(weights, tokenizer, seed, gate, written);
            return new OwnWriting(
                    author.conversations(counts.asked, counts.opened, longestAnswer),
                    author.documents(counts.documents));
        }
    }

    /** What may be rehearsed. */
    public OwnWriting rehearsed() {
        return new OwnWriting(conversations.rehearsed(), documents.rehearsed());
    }

    /** By what policies are chosen. */
    public OwnWriting validation() {
        return new OwnWriting(conversations.validation(), documents.validation());
    }

    /** What only the gate asks about. */
    public OwnWriting heldOut() {
        return new OwnWriting(conversations.heldOut(), documents.heldOut());
    }
}
