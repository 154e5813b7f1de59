package io.alignstream.contracts;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.alignstream.contracts.check.Check;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import java.util.List;

/**
 * One turn of a conversation.
 *
 * @param role who speaks
 * @param content what is said, at most {@value #MAX_CONTENT} characters; ordinary text, never control tokens
 */
public record Message(Role role, String content) {

    public static final int MAX_CONTENT = 100_000;
    static final int MAX_MESSAGES = 256;

    public Message {
        Check.present("role", role);
        Check.text("content", content, MAX_CONTENT);
    }

    public static Message user(String content) {
        return new Message(Role.USER, content);
    }

    public static Message assistant(String content) {
        return new Message(Role.ASSISTANT, content);
    }

    /** A conversation that waits for the assistant: one message at least, the last one the user's. */
    static List<Message> prompt(List<Message> messages) {
        List<Message> checked = Check.list("messages", messages, 1, MAX_MESSAGES);
        if (checked.getLast().role() != Role.USER) {
            throw new InvalidInputException(Reason.of("invalid.lastRole")
                    .with("role", checked.getLast().role().toString()));
        }
        return checked;
    }

    /** Who speaks. */
    public enum Role {
        @JsonProperty("system")
        SYSTEM,
        @JsonProperty("user")
        USER,
        @JsonProperty("assistant")
        ASSISTANT
    }
}
