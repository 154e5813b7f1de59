package io.alignstream.training;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.messages.Reason;
import java.util.Locale;

/**
 * A failure of training and what was done about it.
 *
 * @param step the step that failed, from 1
 * @param problem what was seen, for people
 * @param backTo step of the checkpoint that training went back to
 * @param skipped sequences of the data that are left out from then on, 0 if the data was not blamed
 * @param learningRateScale multiplies the learning rate from then on
 */
public record HealingEvent(long step, Reason problem, long backTo, int skipped, double learningRateScale) {

    /** Reads an event; older versions wrote the problem as an English sentence. */
    @JsonCreator
    static HealingEvent read(
            @JsonProperty("step") long step,
            @JsonProperty("problem") JsonNode problem,
            @JsonProperty("backTo") long backTo,
            @JsonProperty("skipped") int skipped,
            @JsonProperty("learningRateScale") double learningRateScale) {
        Reason why = problem.isTextual() ? Reason.verbatim(problem.textValue()) : Reason.of(problem);
        return new HealingEvent(step, why, backTo, skipped, learningRateScale);
    }

    /** One sentence for people. */
    public Reason reason() {
        Reason healed = skipped > 0
                ? Reason.of("training.healedBySkipping").with("skipped", skipped)
                : Reason.of("training.healedByRate")
                        .with("scale", String.format(Locale.ROOT, "%.3g", learningRateScale));
        return healed.with("step", step).with("problem", problem).with("backTo", backTo);
    }
}
