package io.alignstream.contracts;

import io.alignstream.contracts.check.Check;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import java.util.List;
import java.util.Map;

/**
 * A finished, accepted checkpoint of a training stage, key {@code stage/run}; the newest record of a stage is the one
 * that the next stages build on.
 *
 * @param stage pretrain, sft, reward or rlhf
 * @param run id of the training run: a hash of its parents, datasets and configuration
 * @param step optimiser steps taken
 * @param reference the checkpoint's folder
 * @param parents what it was made from: {@code tokenizer}, {@code base}, {@code sft}, {@code reward}
 * @param datasets the frozen topic ranges that it learned from
 * @param metrics final figures under the field's names
 */
public record Checkpoint(
        Stage stage,
        String run,
        long step,
        Reference reference,
        Map<String, Reference> parents,
        List<DatasetSnapshot> datasets,
        Map<String, Double> metrics) {

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
    }
}
