package io.alignstream.training;

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
public record HealingEvent(long step, String problem, long backTo, int skipped, double learningRateScale) {

    /** One line for people. */
    public String text() {
        return "step " + step + ": " + problem + "; back to step " + backTo + ", "
                + (skipped > 0
                        ? "skipping " + skipped + " sequences"
                        : "learning rate times " + String.format(Locale.ROOT, "%.3g", learningRateScale));
    }
}
