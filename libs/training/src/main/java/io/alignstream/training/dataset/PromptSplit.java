package io.alignstream.training.dataset;

import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.contracts.split.GatePrompts;
import io.alignstream.contracts.split.HeldOut;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Prompts to train on, prompts to choose among policies by, and prompts to judge the chosen one by. Immutable.
 *
 * <p>Where people have tagged prompts as held out, those are judged by; otherwise the share of {@link HeldOut}, as in every
 * other stage. As large a share again is chosen by. Neither is trained on, under any id; and what is judged by is asked by no
 * other, whatever is said before or after it. One prompt at least is judged by; where there are too few for three parts, the
 * same ones serve several.
 *
 * @param training in the order of the topic
 * @param validation in the order of their places, so that the first ones are a random choice
 * @param heldOut in the order of their places
 */
public record PromptSplit(List<Prompt> training, List<Prompt> validation, List<Prompt> heldOut) {

    public PromptSplit {
        training = List.copyOf(training);
        validation = List.copyOf(validation);
        heldOut = List.copyOf(heldOut);
    }

    /**
     * Splits {@code prompts}.
     *
     * @param prompts one at least, in the order of the topic
     * @param heldOutShare 0 to 0.5
     * @throws InvalidInputException if people have held out all that is asked
     */
    public static PromptSplit of(Collection<Prompt> prompts, double heldOutShare) {
        List<Prompt> byPlace = prompts.stream()
                .sorted(Comparator.comparingDouble(PromptSplit::place).thenComparing(Prompt::id))
                .toList();
        List<Prompt> tagged = byPlace.stream()
                .filter(prompt -> HeldOut.isTagged(prompt.tags()))
                .toList();
        List<Prompt> judged = tagged.isEmpty() ? below(byPlace, heldOutShare) : tagged;
        if (judged.isEmpty()) {
            judged = byPlace.subList(0, 1);
        }
        List<Prompt> others = without(byPlace, judged);
        if (others.isEmpty() && !tagged.isEmpty()) {
            throw new InvalidInputException(Reason.of("rlhf.allHeldOut").with("prompts", prompts.size()));
        }
        List<Prompt> validation = below(others, 2 * heldOutShare);
        if (validation.isEmpty()) {
            // Every other one of those that were to be judged by is chosen by instead.
            validation = everyOther(judged, 1);
            judged = everyOther(judged, 0);
        }
        List<Prompt> training = without(others, validation);
        if (training.isEmpty()) {
            training = others.isEmpty() ? judged : others;
        }
        List<Prompt> chosenBy = without(validation, judged);
        return new PromptSplit(inOrder(prompts, training), chosenBy.isEmpty() ? judged : chosenBy, judged);
    }

    private static List<Prompt> everyOther(List<Prompt> prompts, int first) {
        return IntStream.range(0, prompts.size())
                .filter(i -> i % 2 == first)
                .mapToObj(prompts::get)
                .toList();
    }

    private static List<Prompt> below(List<Prompt> prompts, double share) {
        return prompts.stream().filter(prompt -> place(prompt) < share).toList();
    }

    /** Those that ask none of {@code excluded}. */
    private static List<Prompt> without(List<Prompt> prompts, List<Prompt> excluded) {
        GatePrompts asked = GatePrompts.all(excluded);
        return prompts.stream()
                .filter(prompt -> !asked.areAskedBy(prompt.messages()))
                .toList();
    }

    private static List<Prompt> inOrder(Collection<Prompt> prompts, Collection<Prompt> some) {
        Set<Prompt> wanted = new HashSet<>(some);
        return prompts.stream().filter(wanted::contains).toList();
    }

    private static double place(Prompt prompt) {
        return HeldOut.place(prompt.messages());
    }
}
