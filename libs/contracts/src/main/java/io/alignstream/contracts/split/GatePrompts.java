package io.alignstream.contracts.split;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The prompts that a person holds out for the gate, by what they ask: under whatever id, with whatever tags, in whatever turn
 * it comes again, no stage may learn to answer it. Immutable.
 */
public final class GatePrompts {

    /** None. */
    public static final GatePrompts NONE = new GatePrompts(Set.of());

    private final Set<String> asked;

    private GatePrompts(Set<String> asked) {
        this.asked = Set.copyOf(asked);
    }

    /** Those of {@code prompts} that have the tag. */
    public static GatePrompts of(Collection<Prompt> prompts) {
        return all(prompts.stream()
                .filter(prompt -> HeldOut.isTagged(prompt.tags()))
                .toList());
    }

    /** All of {@code prompts}. */
    public static GatePrompts all(Collection<Prompt> prompts) {
        Set<String> asked = new HashSet<>();
        for (Prompt prompt : prompts) {
            List<String> questions = HeldOut.questions(prompt.messages());
            if (!questions.isEmpty()) {
                asked.add(withoutMarks(questions.getLast()));
            }
        }
        return new GatePrompts(asked);
    }

    /** Whether one of them is asked by {@code messages}: by a beginning of them, or by a turn alone. */
    public boolean areAskedBy(Collection<Message> messages) {
        return !asked.isEmpty() && questions(messages).anyMatch(asked::contains);
    }

    /** Those that {@code messages} ask. */
    public GatePrompts askedBy(Collection<Message> messages) {
        return new GatePrompts(questions(messages).filter(asked::contains).collect(Collectors.toSet()));
    }

    /** Those of either. */
    public GatePrompts and(GatePrompts others) {
        return new GatePrompts(
                Stream.concat(asked.stream(), others.asked.stream()).collect(Collectors.toSet()));
    }

    private static Stream<String> questions(Collection<Message> messages) {
        Stream<String> turns = messages.stream()
                .filter(message -> message.role() == Message.Role.USER)
                .map(message -> HeldOut.normalised(message.content()));
        return Stream.concat(HeldOut.questions(messages).stream(), turns).map(GatePrompts::withoutMarks);
    }

    /** A normalised question without the marks that end a sentence: 好吗？ and 好吗 ask the same, C++ and C do not. */
    private static String withoutMarks(String question) {
        String bare = question.replaceAll("[?!.。\\s]+$", "");
        return bare.isEmpty() ? question : bare;
    }
}
