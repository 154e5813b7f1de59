package io.alignstream.contracts;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.alignstream.contracts.check.Check;
import io.alignstream.contracts.messages.Reason;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The newest verdict on a candidate, key {@code model/run}; of a model's candidates the one whose approval is newest is
 * served. To go back to an older one, roll the newer ones back or publish the older one's approval again.
 *
 * @param model name under which the model is served, for example {@code alignstream}
 * @param reference the candidate's folder
 * @param run the training run that made the candidate
 * @param figures what the gate measured on held-out prompts
 * @param reason one sentence for people: why approved, rejected or rolled back
 * @param explanation the same for people of any language; null where a person, or a gate of before, wrote the reason
 */
public record ModelRelease(
        String model,
        Verdict verdict,
        Reference reference,
        String run,
        Map<String, Double> figures,
        String reason,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Reason explanation) {

    public ModelRelease {
        Check.id("model", model);
        Check.present("verdict", verdict);
        Check.present("reference", reference);
        Check.id("run", run);
        figures = Check.figures("figures", figures);
        Check.text("reason", reason, 2_000);
    }

    /** A verdict whose reason is one sentence and no more. */
    public ModelRelease(
            String model,
            Verdict verdict,
            Reference reference,
            String run,
            Map<String, Double> figures,
            String reason) {
        this(model, verdict, reference, run, figures, reason, null);
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
        ROLLED_BACK
    }
}
