package io.alignstream.rlhf;

import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.hash.Sha256;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Prompts to train on and prompts to judge by.
 *
 * <p>Where prompts carry the tag {@code purpose}, {@code held-out} decides; otherwise a fraction is held out, at least
 * one prompt, chosen by a hash of its text. A single prompt has to serve both.
 *
 * @param training in the order of the topic
 * @param heldOut in the order of the hash, so that the first ones are a random choice
 */
record PromptSplit(List<Prompt> training, List<Prompt> heldOut) {

    private static final String PURPOSE = "purpose";
    private static final String HELD_OUT = "held-out";

    /** Splits {@code prompts}, one at least. */
    static PromptSplit of(Collection<Prompt> prompts, double heldOutFraction) {
        List<Prompt> byHash =
                prompts.stream().sorted(Comparator.comparing(PromptSplit::hash)).toList();
        List<Prompt> heldOut = byHash.stream().filter(PromptSplit::isHeldOut).toList();
        if (heldOut.isEmpty() || heldOut.size() == prompts.size()) {
            int count = (int) Math.max(1, Math.round(heldOutFraction * prompts.size()));
            heldOut = byHash.subList(0, Math.min(count, byHash.size()));
        }
        List<Prompt> chosen = heldOut;
        List<Prompt> training =
                prompts.stream().filter(prompt -> !chosen.contains(prompt)).toList();
        return new PromptSplit(training.isEmpty() ? heldOut : training, heldOut);
    }

    private static boolean isHeldOut(Prompt prompt) {
        return HELD_OUT.equals(prompt.tags().get(PURPOSE));
    }

    private static String hash(Prompt prompt) {
        return Sha256.hex(prompt.messages() + prompt.id());
    }
}
