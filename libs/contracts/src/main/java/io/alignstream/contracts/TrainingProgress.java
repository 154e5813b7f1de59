package io.alignstream.contracts;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.alignstream.contracts.check.Check;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a run stands, key {@code stage/run}: for dashboards, progress bars and guards.
 *
 * @param job what is being done, for example {@code train} or {@code evaluate}
 * @param step steps done of {@code totalSteps}
 * @param etaSeconds expected time to the end, in seconds; 0 when done or unknown
 * @param metrics under the field's names, for example {@code loss}, {@code tokensPerSecond}, {@code objective/kl}
 * @param record what was kept of the step in the store, as the answers that were rewarded; null if nothing was
 */
public record TrainingProgress(
        Stage stage,
        String run,
        String job,
        long step,
        long totalSteps,
        double etaSeconds,
        Map<String, Double> metrics,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Reference record) {

    /** A step of which nothing was kept. */
    public TrainingProgress(
            Stage stage,
            String run,
            String job,
            long step,
            long totalSteps,
            double etaSeconds,
            Map<String, Double> metrics) {
        this(stage, run, job, step, totalSteps, etaSeconds, metrics, null);
    }

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
