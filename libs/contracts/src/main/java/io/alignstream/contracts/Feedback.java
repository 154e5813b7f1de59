package io.alignstream.contracts;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.alignstream.contracts.check.Check;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a user of the served model said about one answer, key {@code responseId}.
 *
 * @param correction the answer that the user would have wanted, if given
 * @param model sha256 of the checkpoint that answered
 */
public record Feedback(
        String responseId,
        Thumb thumb,
        List<Message> messages,
        String answer,
        @Nullable String correction,
        String model) {

    public Feedback {
        Check.id("responseId", responseId);
        Check.present("thumb", thumb);
        messages = Message.prompt(messages);
        Check.bounded("answer", answer, Message.MAX_CONTENT);
        if (correction != null) {
            Check.text("correction", correction, Message.MAX_CONTENT);
        }
        Check.sha256("model", model);
    }

    /** The verdict. */
    public enum Thumb {
        @JsonProperty("up")
        UP,
        @JsonProperty("down")
        DOWN
    }
}
