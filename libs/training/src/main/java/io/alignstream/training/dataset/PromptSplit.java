package io.alignstream.training.dataset;

import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.split.HeldOut;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Prompts to train on and prompts to judge by. Immutable.
 *
 * <p>Where people have tagged prompts as held out, those are judged by; otherwise the share of {@link HeldOut}, as in every
 * other stage. Neither of them is trained on, under any id. At least one prompt is judged by; a single one has to serve both.
 *
 * @param training in the order of the topic
 * @param heldOut in the order of their places, so that the first ones are a random choice
 */
public record PromptSplit(List<Prompt> training, List<Prompt> heldOut) {

    public PromptSplit {
        training = List.copyOf(training);
        heldOut = List.copyOf(heldOut);
    }

    /**
     * Splits {@code prompts}.
     *
     * @param prompts one at least, in the order of the topic
     * @param heldOutShare 0 to 1
     */
    public static PromptSplit of(Collection<Prompt> prompts, double heldOutShare) {
        List<Prompt> byPlace = prompts.stream()
                .sorted(Comparator.comparingDouble(PromptSplit::place).thenComparing(Prompt::id))
                .toList();
        List<Prompt> tagged = byPlace.stream()
                .filter(prompt -> HeldOut.isTagged(prompt.tags()))
                .toList();
        List<Prompt> share =
                byPlace.stream().filter(prompt -> place(prompt) < heldOutShare).toList();
        boolean people = !tagged.isEmpty() && tagged.size() < prompts.size();
        List<Prompt> judged = people ? tagged : share.isEmpty() ? byPlace.subList(0, 1) : share;
        Set<Double> kept = Stream.concat(judged.stream(), share.stream())
                .map(PromptSplit::place)
                .collect(Collectors.toSet());
        List<Prompt> training =
                prompts.stream().filter(prompt -> !kept.contains(place(prompt))).toList();
        return new PromptSplit(training.isEmpty() ? judged : training, judged);
    }

    private static double place(Prompt prompt) {
        return HeldOut.place(prompt.messages());
    }
}
