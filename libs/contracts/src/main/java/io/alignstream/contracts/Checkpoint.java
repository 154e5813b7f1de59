package io.alignstream.contracts;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.alignstream.contracts.check.Check;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.contracts.objective.PretrainingObjective;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A finished, accepted checkpoint of a training stage, key {@code stage/run}; the newest record of a stage that is
 * promoted is the one that the next stages build on.
 *
 * @param stage pretrain, sft, reward or rlhf
 * @param run id of the training run: a hash of its parents, datasets and configuration
 * @param step optimiser steps taken
 * @param reference the checkpoint's folder
 * @param parents what it was made from: {@code tokenizer}, {@code base}, {@code sft}, {@code reward}, {@code teacher}
 * @param datasets the frozen topic ranges that it learned from
 * @param metrics final figures under the field's names
 * @param promotion whether the next stages may build on it, and why; null where every finished model is built on
 * @param cause why the run was begun, with the name of the person who asked for it where one did; null of what was not trained here,
 *     and of events of before
 * @param objective what a base model has learned, where that is not to go on with a text; null everywhere else
 */
public record Checkpoint(
        Stage stage,
        String run,
        long step,
        Reference reference,
        Map<String, Reference> parents,
        List<DatasetSnapshot> datasets,
        Map<String, Double> metrics,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Promotion promotion,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Reason cause,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable PretrainingObjective objective) {

    public Checkpoint {
        Check.present("stage", stage);
        if (stage == Stage.TOKENIZER || stage == Stage.INFERENCE) {
            throw new InvalidInputException(Reason.of("invalid.stage").with("stage", stage.id()));
        }
        Check.id("run", run);
        Check.atLeast("step", step, 0);
        Check.present("reference", reference);
        parents = Check.named("parents", parents);
        datasets = Check.list("datasets", datasets, 0, 64);
        metrics = Check.figures("metrics", metrics);
        objective = objective == PretrainingObjective.NEXT_TOKEN ? null : objective;
        if (objective != null && stage != Stage.PRETRAIN) {
            throw new InvalidInputException(Reason.of("invalid.objective")
                    .with("objective", objective.id())
                    .with("stage", stage.id()));
        }
    }

    /** A model that the next stages may build on. */
    public Checkpoint(
            Stage stage,
            String run,
            long step,
            Reference reference,
            Map<String, Reference> parents,
            List<DatasetSnapshot> datasets,
            Map<String, Double> metrics) {
        this(stage, run, step, reference, parents, datasets, metrics, null, null, null);
    }

    /** The same with what was decided about it. */
    public Checkpoint with(@Nullable Promotion newPromotion) {
        return new Checkpoint(stage, run, step, reference, parents, datasets, metrics, newPromotion, cause, objective);
    }

    /** The same with why its run was begun. */
    public Checkpoint begunBy(@Nullable Reason why) {
        return new Checkpoint(stage, run, step, reference, parents, datasets, metrics, promotion, why, objective);
    }

    /** The same of a model that has learned something else. */
    public Checkpoint learning(PretrainingObjective other) {
        return new Checkpoint(stage, run, step, reference, parents, datasets, metrics, promotion, cause, other);
    }

    /** Whether it fills blanks and goes on with no text: whatever was decided about it, nothing can be built on it. */
    public boolean masked() {
        return objective == PretrainingObjective.MASKED;
    }

    /** Whether the next stages may build on it. */
    public boolean promoted() {
        return !masked() && (promotion == null || promotion.granted());
    }

    /**
     * Whether a model takes the place of the one in use.
     *
     * @param granted whether it does
     * @param reason why, for people of any language
     * @param by name of the person who decided, 1 to {@value ModelRelease#MAX_NAME} characters; null where figures did
     */
    public record Promotion(
            boolean granted, Reason reason, @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String by) {

        public Promotion {
            Check.present("reason", reason);
            if (by != null) {
                Check.text("by", by, ModelRelease.MAX_NAME);
            }
        }

        /**
         * A person promotes a model.
         *
         * @param why the person's reason, 1 to {@value ModelRelease#MAX_REASON} characters
         * @throws InvalidInputException if name or reason is missing or too long
         */
        public static Promotion granted(@Nullable String by, @Nullable String why) {
            return new Promotion(
                    true,
                    Reason.verbatim(
                            Check.text("reason", why, ModelRelease.MAX_REASON).strip()),
                    Check.text("by", by, ModelRelease.MAX_NAME).strip());
        }
    }
}
