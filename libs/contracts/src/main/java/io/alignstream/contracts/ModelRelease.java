package io.alignstream.contracts;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.alignstream.contracts.check.Check;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The newest verdict on a candidate, key {@code model/run}, the gate's or a person's; of a model's candidates the one whose
 * approval is newest is served. To go back to an older one, roll the newer ones back.
 *
 * @param model name under which the model is served, for example {@code alignstream}
 * @param reference the candidate's folder
 * @param run the training run that made the candidate
 * @param figures what the gate measured on held-out prompts
 * @param reason one sentence for people: why approved, rejected or rolled back
 * @param explanation the same for people of any language; null where a person, or a gate of before, wrote the reason
 * @param decidedBy name of the person, or of the service that could not serve it, 1 to {@value #MAX_NAME} characters; null
 *     where the gate decided
 */
public record ModelRelease(
        String model,
        Verdict verdict,
        Reference reference,
        String run,
        Map<String, Double> figures,
        String reason,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Reason explanation,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String decidedBy) {

    /** Longest name of a person who decides, in characters. */
    public static final int MAX_NAME = 100;

    /** Longest reason, in characters. */
    public static final int MAX_REASON = 2_000;

    public ModelRelease {
        Check.id("model", model);
        Check.present("verdict", verdict);
        Check.present("reference", reference);
        Check.id("run", run);
        figures = Check.figures("figures", figures);
        Check.text("reason", reason, MAX_REASON);
        if (decidedBy != null) {
            Check.text("decidedBy", decidedBy, MAX_NAME);
        }
    }

    /** A verdict whose reason is one sentence and no more. */
    public ModelRelease(
            String model,
            Verdict verdict,
            Reference reference,
            String run,
            Map<String, Double> figures,
            String reason) {
        this(model, verdict, reference, run, figures, reason, null, null);
    }

    /**
     * The same candidate with the verdict of a person.
     *
     * @param by the person's name, 1 to {@value #MAX_NAME} characters
     * @param why the person's reason, 1 to {@value #MAX_REASON} characters
     * @throws InvalidInputException if name or reason is missing or too long
     */
    public ModelRelease decided(Verdict newVerdict, String by, String why) {
        return new ModelRelease(
                model, newVerdict, reference, run, figures, why, null, Check.text("decidedBy", by, MAX_NAME));
    }

    /**
     * The same candidate, rejected by a service that found out that it cannot answer.
     *
     * @param service its name
     */
    public ModelRelease refused(String service, Reason why) {
        return new ModelRelease(model, Verdict.REJECTED, reference, run, figures, Messages.english(why), why, service);
    }

    /** Why: the explanation, or else the reason as it was written. */
    public Reason why() {
        return explanation == null ? Reason.verbatim(reason) : explanation;
    }

    /** What may be done with the candidate. */
    public enum Verdict {
        @JsonProperty("approved")
        APPROVED,
        @JsonProperty("rejected")
        REJECTED,
        /** It was approved and proved bad: it is not served any more, the approved one before it is. */
        @JsonProperty("rolled-back")
        ROLLED_BACK;

        /** As events, addresses and message codes name it, for example {@code rolled-back}. */
        public String id() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }
}
