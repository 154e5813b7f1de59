package io.alignstream.tokenizer.packing;

import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.TokenBatch.Split;
import io.alignstream.contracts.split.HeldOut;

/**
 * How documents are packed; frozen for a tokenizer version when its first document is packed.
 *
 * @param sequenceLength tokens in each sequence; a trainer predicts tokens 1 to sequenceLength - 1 of it
 * @param batchSequences sequences in each token batch
 * @param heldOutShare share of documents held out for validation, 0 to 0.5
 */
public record Packing(int sequenceLength, int batchSequences, double heldOutShare) {

    public Packing {
        if (sequenceLength < 2) {
            throw new IllegalArgumentException("alignstream.tokenizer.sequence-length is " + sequenceLength
                    + " but must be at least 2: a sequence needs a token to predict");
        }
        if (batchSequences < 1 || (long) batchSequences * sequenceLength > TokenBatch.MAX_TOKENS) {
            throw new IllegalArgumentException("alignstream.tokenizer.batch-sequences is " + batchSequences
                    + " but must be at least 1 and, times the sequence length " + sequenceLength + ", at most "
                    + TokenBatch.MAX_TOKENS + " tokens");
        }
        if (!(heldOutShare >= 0 && heldOutShare <= 0.5)) {
            throw new IllegalArgumentException(
                    "alignstream.tokenizer.held-out-share is " + heldOutShare + " but must be between 0 and 0.5");
        }
    }

    /**
     * Where {@code document} goes: its label {@code split} says it ({@code training} or {@code validation}), else {@link
     * HeldOut} decides, so that it is the same in every run.
     */
    public Split split(CleanDocument document) {
        String label = document.labels().get("split");
        if ("training".equals(label)) {
            return Split.TRAINING;
        }
        if ("validation".equals(label)) {
            return Split.VALIDATION;
        }
        return HeldOut.of(document.text(), heldOutShare) ? Split.VALIDATION : Split.TRAINING;
    }

    static Packing parse(String text) {
        String[] parts = text.split(" ", -1);
        return new Packing(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Double.parseDouble(parts[2]));
    }

    /** What {@link #parse} reads. */
    String format() {
        return sequenceLength + " " + batchSequences + " " + heldOutShare;
    }
}
