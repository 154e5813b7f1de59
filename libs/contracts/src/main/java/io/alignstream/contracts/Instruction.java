package io.alignstream.contracts;

import io.alignstream.contracts.check.Check;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import java.util.List;
import java.util.Map;

/**
 * A conversation to learn from, key {@code id}; a later record with the same key replaces it, a tombstone withdraws it.
 *
 * @param messages ends with the user's turn that is to be answered; what the assistant says in it is learned, too, unless the
 *     tag {@value #LEARNED_TURNS} says {@value #ANSWERS}
 * @param referenceAnswers one or more answers, each as good as the others
 */
public record Instruction(String id, List<Message> messages, List<String> referenceAnswers, Map<String, String> tags) {

    public static final int MAX_ANSWERS = 64;

    /** The tag that says which of the assistant's turns are learned; without it all of them are. */
    public static final String LEARNED_TURNS = "learned-turns";

    /** The value of {@link #LEARNED_TURNS} where the reference answers are learned and the turns before only lead to them. */
    public static final String ANSWERS = "answers";

    public Instruction {
        Check.id("id", id);
        messages = Message.prompt(messages);
        referenceAnswers = Check.list("referenceAnswers", referenceAnswers, 1, MAX_ANSWERS);
        referenceAnswers.forEach(answer -> Check.text("an entry of referenceAnswers", answer, Message.MAX_CONTENT));
        tags = Check.labels("tags", tags);
        String learned = tags.getOrDefault(LEARNED_TURNS, ANSWERS);
        if (!learned.equals(ANSWERS)) {
            throw new InvalidInputException(Reason.of("invalid.learnedTurns").with("value", learned));
        }
    }

    /** Whether what the assistant says among the messages is learned as the reference answers are. */
    public boolean learnsEveryTurn() {
        return !tags.containsKey(LEARNED_TURNS);
    }
}
