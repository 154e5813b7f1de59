package io.alignstream.training.samples;

import java.util.List;

/**
 * What a model made of the same prompts at one step of its run.
 *
 * @param step steps done
 * @param texts one for each prompt, in their order
 */
public record Sample(long step, List<Text> texts) {

    public Sample {
        texts = List.copyOf(texts);
    }

    /**
     * A prompt and what followed.
     *
     * @param cut whether it ended because it was as long as it may become
     */
    public record Text(String prompt, String continuation, boolean cut) {}
}
