package io.alignstream.contracts;

import io.alignstream.contracts.check.Check;
import java.util.List;
import java.util.Map;

/** A conversation that waits for an answer, key {@code id}: sampled for ranking and for RLHF. */
public record Prompt(String id, List<Message> messages, Map<String, String> tags) {

    public Prompt {
        Check.id("id", id);
        messages = Message.prompt(messages);
        tags = Check.labels("tags", tags);
    }
}
