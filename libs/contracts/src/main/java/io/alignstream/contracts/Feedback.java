package io.alignstream.contracts;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.alignstream.contracts.check.Check;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a user of the served model said about one answer, key {@code responseId}.
 *
 * @param correction the answer that the user would have wanted, if given
 * @param model sha256 of the checkpoint that answered
 * @param worse another answer to the same, which the user likes less, if the two were compared
 */
public record Feedback(
        String responseId,
        Thumb thumb,
        List<Message> messages,
        String answer,
        @Nullable String correction,
        String model,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String worse) {

    /** The tag {@code source} of what opinions become: rankings, instructions, prompts. */
    public static final String SOURCE = "feedback";

    public Feedback {
        Check.id("responseId", responseId);
        Check.present("thumb", thumb);
        messages = Message.prompt(messages);
        Check.bounded("answer", answer, Message.MAX_CONTENT);
        if (correction != null) {
            Check.text("correction", correction, Message.MAX_CONTENT);
        }
        Check.sha256("model", model);
        if (worse != null) {
            Check.bounded("worse", worse, Message.MAX_CONTENT);
        }
    }

    /** An opinion on one answer alone. */
    public Feedback(
            String responseId,
            Thumb thumb,
            List<Message> messages,
            String answer,
            @Nullable String correction,
            String model) {
        this(responseId, thumb, messages, answer, correction, model, null);
    }

    /** The verdict. */
    public enum Thumb {
        @JsonProperty("up")
        UP,
        @JsonProperty("down")
        DOWN
    }
}
