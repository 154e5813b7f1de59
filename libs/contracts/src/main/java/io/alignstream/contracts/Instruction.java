package io.alignstream.contracts;

import io.alignstream.contracts.check.Check;
import java.util.List;
import java.util.Map;

/**
 * A conversation to learn from, key {@code id}; a later record with the same key replaces it, a tombstone withdraws it.
 *
 * @param messages ends with the user's turn that is to be answered
 * @param referenceAnswers one or more answers, each as good as the others
 */
public record Instruction(String id, List<Message> messages, List<String> referenceAnswers, Map<String, String> tags) {

    public static final int MAX_ANSWERS = 64;

    public Instruction {
        Check.id("id", id);
        messages = Message.prompt(messages);
        referenceAnswers = Check.list("referenceAnswers", referenceAnswers, 1, MAX_ANSWERS);
        referenceAnswers.forEach(answer -> Check.text("an entry of referenceAnswers", answer, Message.MAX_CONTENT));
        tags = Check.labels("tags", tags);
    }
}
