package io.alignstream.inference.openai.answer;

import io.alignstream.inference.generation.Generation;
import io.alignstream.languagemodel.generation.SampledToken;
import java.util.List;
import java.util.Optional;

/**
 * A complete answer.
 *
 * @param tokens all of it, with their probabilities
 * @param receipt with which any instance takes feedback on it
 */
public record Answered(Generation.End end, List<SampledToken> tokens, Optional<String> receipt) {

    public Answered {
        tokens = List.copyOf(tokens);
    }

    /** Whether it was cut off by the longest allowed answer. */
    boolean cutOff() {
        return end.reason() == Generation.Reason.LENGTH;
    }

    /** Why it ended, in the API's word. */
    String finishReason() {
        return cutOff() ? "length" : "stop";
    }
}
