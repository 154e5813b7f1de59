package io.alignstream.contracts;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Map;

/**
 * The gate's verdict on a candidate, key {@code model}; the newest approved record of a model is served.
 *
 * @param model name under which the model is served, for example {@code alignstream}
 * @param run the training run that made the candidate
 * @param figures what the gate measured on held-out prompts
 * @param reason one sentence for people: why approved, rejected or rolled back
 */
public record ModelRelease(
        String model, Verdict verdict, Reference reference, String run, Map<String, Double> figures, String reason) {

    public ModelRelease {
        Check.id("model", model);
        Check.present("verdict", verdict);
        Check.present("reference", reference);
        Check.id("run", run);
        figures = Check.figures("figures", figures);
        Check.text("reason", reason, 2_000);
    }

    /** What may be done with the candidate. */
    public enum Verdict {
        @JsonProperty("approved")
        APPROVED,
        @JsonProperty("rejected")
        REJECTED,
        /** The reference is the older release to go back to, and is served from now on. */
        @JsonProperty("rolled-back")
        ROLLED_BACK
    }
}
