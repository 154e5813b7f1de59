package io.alignstream.contracts;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.alignstream.contracts.check.Check;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a release on trial would have answered to somebody whom another one answered, key {@code responseId}; nobody was shown
 * it. It is published twice: as it is written, and with the judge's scores.
 *
 * @param messages what was asked
 * @param served what was answered
 * @param shadow what would have been
 * @param judgement null as long as nobody has judged
 */
public record ShadowAnswer(
        String responseId,
        List<Message> messages,
        Answer served,
        Answer shadow,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Judgement judgement) {

    public ShadowAnswer {
        Check.id("responseId", responseId);
        messages = Message.prompt(messages);
        Check.present("served", served);
        Check.present("shadow", shadow);
    }

    /** One that is not judged. */
    public ShadowAnswer(String responseId, List<Message> messages, Answer served, Answer shadow) {
        this(responseId, messages, served, shadow, null);
    }

    /** The same with what the judge says. */
    public ShadowAnswer judged(Judgement by) {
        return new ShadowAnswer(responseId, messages, served, shadow, by);
    }

    /**
     * One of the two.
     *
     * @param model sha256 of the checkpoint that wrote it
     * @param truncated whether it was cut off by the longest allowed answer
     */
    public record Answer(String model, String text, boolean truncated) {

        public Answer {
            Check.sha256("model", model);
            Check.bounded("text", text, Message.MAX_CONTENT);
        }
    }

    /**
     * What the judge of the gate thinks of both.
     *
     * @param judge sha256 of the reward model's checkpoint, in which it lies
     * @param served score of the answer that was served
     * @param shadow score of the other
     */
    public record Judgement(String judge, double served, double shadow) {

        public Judgement {
            Check.sha256("judge", judge);
            Check.finite("served", served);
            Check.finite("shadow", shadow);
        }

        /** What the pair counts for the one that was not served: 1 if it is better, 0 if it is worse, 0.5 for a tie. */
        public double win() {
            return (1 + Math.signum(shadow - served)) / 2;
        }
    }
}
