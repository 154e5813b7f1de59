package io.alignstream.training.samples;

import java.util.List;

/**
 * How much a model in training writes for people to see; changes no weights.
 *
 * @param times in a run, evenly spread, besides its beginning; 0 for never
 * @param tokens of the longest continuation
 * @param prompts to continue or to answer; if empty, the first of the texts that are held out
 */
public record SampleSettings(int times, int tokens, List<String> prompts) {

    /** Nothing is written. */
    public static final SampleSettings NONE = new SampleSettings(0, 1, List.of());

    /** Most prompts that are continued: more are read by nobody. */
    static final int MOST_PROMPTS = 8;

    /** Prompts that are taken of what is held out. */
    static final int OWN_PROMPTS = 3;

    public SampleSettings {
        if (times < 0 || tokens < 1 || prompts.size() > MOST_PROMPTS) {
            throw new IllegalArgumentException("alignstream.samples: times is " + times
                    + " and must not be negative, tokens is " + tokens + " and must be at least 1, prompts are "
                    + prompts.size() + " and must be at most " + MOST_PROMPTS);
        }
        prompts = List.copyOf(prompts);
    }

    /**
     * Whether something is written after {@code step} of {@code total} steps.
     *
     * @param before steps that were done when it was asked last
     */
    public boolean due(long before, long step, long total) {
        return times > 0 && step > 0 && (step >= total || step * times / total > before * times / total);
    }
}
