package io.alignstream.contracts.split;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/**
 * The prompts that a person holds out for the gate, by what they ask: under whatever id, with whatever tags it comes again,
 * no stage may learn to answer it. Immutable.
 */
public final class GatePrompts {

    private final Set<String> asked;

    private GatePrompts(Set<String> asked) {
        this.asked = Set.copyOf(asked);
    }

    /** Those of {@code prompts} that have the tag. */
    public static GatePrompts of(Collection<Prompt> prompts) {
        Set<String> asked = new HashSet<>();
        prompts.stream()
                .filter(prompt -> HeldOut.isTagged(prompt.tags()))
                .map(prompt -> HeldOut.questions(prompt.messages()))
                .filter(questions -> !questions.isEmpty())
                .forEach(questions -> asked.add(questions.getLast()));
        return new GatePrompts(asked);
    }

    /** Whether one of them is asked by {@code messages}, or by a beginning of them. */
    public boolean areAskedBy(Collection<Message> messages) {
        return !asked.isEmpty() && HeldOut.questions(messages).stream().anyMatch(asked::contains);
    }
}
