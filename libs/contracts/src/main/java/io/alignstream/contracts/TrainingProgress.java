package io.alignstream.contracts;

import io.alignstream.contracts.check.Check;
import java.util.Map;

/**
 * Where a run stands, key {@code stage/run}: for dashboards, progress bars and guards.
 *
 * @param job what is being done, for example {@code train} or {@code evaluate}
 * @param step steps done of {@code totalSteps}
 * @param etaSeconds expected time to the end, in seconds; 0 when done or unknown
 * @param metrics under the field's names, for example {@code loss}, {@code tokensPerSecond}, {@code objective/kl}
 */
public record TrainingProgress(
        Stage stage,
        String run,
        String job,
        long step,
        long totalSteps,
        double etaSeconds,
        Map<String, Double> metrics) {

    public TrainingProgress {
        Check.present("stage", stage);
        Check.id("run", run);
        Check.id("job", job);
        Check.atLeast("step", step, 0);
        Check.atLeast("totalSteps", totalSteps, step);
        Check.finite("etaSeconds", etaSeconds);
        metrics = Check.figures("metrics", metrics);
    }
}
