package io.alignstream.stageruntime;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.training.samples.Sample;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A run as it is remembered: what it was, how far it came and its curves.
 *
 * @param title what the job does, with what
 * @param cause why it was begun; null in what an older version kept
 * @param begun when its first attempt began
 * @param changed when it last said something of itself
 * @param outcome how its last attempt ended; null while it goes on, and of one whose process died
 * @param phase what the job was doing last; null before it said so
 * @param step steps done of {@code totalSteps} in that phase
 * @param metrics newest value of each metric
 * @param curves each metric of each phase; empty where only the run is told of
 * @param samples what the model has written on its way, the newest last; empty likewise
 * @param traceparent its place in the trace that it belongs to; null where nothing is traced
 */
public record RunRecord(
        String run,
        Reason title,
        @Nullable Reason cause,
        Instant begun,
        Instant changed,
        @Nullable Outcome outcome,
        @Nullable String phase,
        long step,
        long totalSteps,
        Map<String, Double> metrics,
        List<Curve> curves,
        List<Sample> samples,
        @Nullable String traceparent) {

    public RunRecord {
        samples = samples == null ? List.of() : List.copyOf(samples); // an older version kept none
    }

    /**
     * A metric over the steps of a phase.
     *
     * @param points {@code [step, value]}, steps ascending
     */
    public record Curve(String phase, String metric, List<double[]> points) {}

    /** How an attempt ended. */
    public enum Outcome {
        @JsonProperty("finished")
        FINISHED,
        /** Asked to stop, by a person or with its service; it goes on from its checkpoint. */
        @JsonProperty("stopped")
        STOPPED,
        @JsonProperty("failed")
        FAILED
    }

    /** The same without its curves. */
    public RunRecord told() {
        return new RunRecord(
                run,
                title,
                cause,
                begun,
                changed,
                outcome,
                phase,
                step,
                totalSteps,
                metrics,
                List.of(),
                List.of(),
                traceparent);
    }

    /** The same without what its model has written. */
    public RunRecord withoutSamples() {
        return new RunRecord(
                run,
                title,
                cause,
                begun,
                changed,
                outcome,
                phase,
                step,
                totalSteps,
                metrics,
                curves,
                List.of(),
                traceparent);
    }
}
