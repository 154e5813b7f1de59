package io.alignstream.inference.overview;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.messages.Reason;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * The whole flow at one moment, as its topics tell it.
 *
 * @param topics in the order of the flow
 * @param stages in the order of the flow
 * @param alarms what a person should look at, the most pressing first
 * @param path the models that the newest one was made through, from the tokenizer on; empty before the first
 * @param releases the verdicts that came last, newest first
 */
public record Overview(
        Instant at,
        List<TopicState> topics,
        List<StageState> stages,
        List<Reason> alarms,
        List<Model> path,
        List<Release> releases) {

    /**
     * A topic.
     *
     * @param records that it holds at most: the markers of transactions count, and what compaction has left out
     * @param deadLetters records of it that could not be processed
     * @param lag records that a service has not taken in yet, at most, by service; only those that follow the topic
     */
    public record TopicState(String name, long records, long deadLetters, SortedMap<String, Long> lag) {}

    /**
     * A stage.
     *
     * @param page address of its own page as seen from a browser; empty where it is not known
     * @param reason why it is in its state; null where the state says it all
     * @param run that it tells of last, with its phase and steps; null if it has told of none for a day
     * @param etaSeconds expected time to the end of the phase; null when unknown
     * @param heard when it last told of a run
     */
    public record StageState(
            Stage stage,
            String page,
            State state,
            @Nullable Reason reason,
            @Nullable String run,
            @Nullable String phase,
            long step,
            long totalSteps,
            @Nullable Double etaSeconds,
            @Nullable Instant heard) {}

    /** What a stage is doing, as far as one can see from outside. */
    public enum State {
        @JsonProperty("running")
        RUNNING,
        /** Nothing is unfinished. */
        @JsonProperty("waiting")
        WAITING,
        @JsonProperty("paused")
        PAUSED,
        @JsonProperty("cancelled")
        CANCELLED,
        @JsonProperty("failed")
        FAILED,
        /** A run is unfinished and nothing is heard of it. */
        @JsonProperty("silent")
        SILENT
    }

    /**
     * A model on the way.
     *
     * @param stage that made it
     * @param since when it was announced; null where that is not known
     * @param inUse whether there is no newer one of its stage
     */
    public record Model(
            Stage stage,
            String run,
            long step,
            String sha256,
            @Nullable Instant since,
            boolean inUse,
            SortedMap<String, Double> figures) {}

    /**
     * A verdict on a candidate.
     *
     * @param decidedBy name of the person who decided; null where the gate did
     * @param served whether its model answers who names no version; where none is loaded, whether it should
     * @param changes what it was made of that the approved release before it was not; empty for the first one
     * @param before figures of the approved release before it
     */
    public record Release(
            String model,
            String run,
            String sha256,
            ModelRelease.Verdict verdict,
            Reason why,
            @Nullable String decidedBy,
            Instant since,
            boolean served,
            List<Change> changes,
            SortedMap<String, Double> figures,
            Map<String, Double> before) {}

    /**
     * Something that a release was made of.
     *
     * @param what {@code tokenizer}, {@code base}, {@code sft}, {@code reward}, or a topic
     * @param before id of the model, or number of records; null if there was none
     */
    public record Change(String what, @Nullable String before, String now) {}
}
