package io.alignstream.contracts;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.alignstream.contracts.check.Check;
import java.util.List;
import java.util.Map;

/**
 * A conversation that waits for an answer, key {@code id}: sampled for ranking and for RLHF.
 *
 * @param messages ends with the user's turn that is to be answered
 * @param referenceAnswers all right answers, as far as there are right and wrong ones: by them the gate measures what a
 *     candidate still knows; empty where nobody can say
 */
public record Prompt(
        String id,
        List<Message> messages,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> referenceAnswers,
        Map<String, String> tags) {

    public Prompt {
        Check.id("id", id);
        messages = Message.prompt(messages);
        referenceAnswers = Check.list("referenceAnswers", referenceAnswers, 0, Instruction.MAX_ANSWERS);
        referenceAnswers.forEach(answer -> Check.text("an entry of referenceAnswers", answer, Message.MAX_CONTENT));
        tags = Check.labels("tags", tags);
    }

    /** A prompt of which nobody can say what answers are right. */
    public Prompt(String id, List<Message> messages, Map<String, String> tags) {
        this(id, messages, List.of(), tags);
    }
}
