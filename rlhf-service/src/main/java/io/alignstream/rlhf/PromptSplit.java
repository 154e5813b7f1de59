package io.alignstream.rlhf;

import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.split.HeldOut;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Prompts to train on and prompts to judge by.
 *
 * <p>Where prompts carry the tag {@code purpose}, {@code held-out} decides; otherwise {@link HeldOut} does, as in every
 * other stage. At least one prompt is held out; a single one has to serve both.
 *
 * @param training in the order of the topic
 * @param heldOut in the order of their places, so that the first ones are a random choice
 */
record PromptSplit(List<Prompt> training, List<Prompt> heldOut) {

    private static final String PURPOSE = "purpose";
    private static final String HELD_OUT = "held-out";

    /** Splits {@code prompts}, one at least. */
    static PromptSplit of(Collection<Prompt> prompts, double heldOutShare) {
        List<Prompt> byPlace = prompts.stream()
                .sorted(Comparator.comparingDouble(PromptSplit::place).thenComparing(Prompt::id))
                .toList();
        List<Prompt> heldOut = byPlace.stream().filter(PromptSplit::isHeldOut).toList();
        if (heldOut.isEmpty() || heldOut.size() == prompts.size()) {
            heldOut = byPlace.stream()
                    .filter(prompt -> HeldOut.of(prompt.messages(), heldOutShare))
                    .toList();
        }
        List<Prompt> chosen = heldOut.isEmpty() ? byPlace.subList(0, 1) : heldOut;
        List<Prompt> training =
                prompts.stream().filter(prompt -> !chosen.contains(prompt)).toList();
        return new PromptSplit(training.isEmpty() ? chosen : training, chosen);
    }

    private static boolean isHeldOut(Prompt prompt) {
        return HELD_OUT.equals(prompt.tags().get(PURPOSE));
    }

    private static double place(Prompt prompt) {
        return HeldOut.place(HeldOut.text(prompt.messages()));
    }
}
