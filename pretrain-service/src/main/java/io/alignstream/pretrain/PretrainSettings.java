package io.alignstream.pretrain;

import io.alignstream.contracts.objective.PretrainingObjective;
import io.alignstream.languagemodel.optimiser.OuterNesterov;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.training.Trainer;
import io.alignstream.training.memory.ActivationMemory;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Everything configured about a pretraining run; {@link PretrainConfig} holds the range of each value, here is checked what
 * must go together.
 *
 * @param spikeFactor a loss of more than so many times its moving average (and half a nat) is a failure
 * @param training when the state is stored, what happens when training fails, and when to give up getting better
 * @param seed of the initial weights and of the order of the sequences
 * @param objective what is learned
 */
public record PretrainSettings(
        Network network,
        Batches batches,
        Schedule schedule,
        Optimiser optimiser,
        Holdout holdout,
        double spikeFactor,
        Trainer.Settings training,
        long seed,
        PretrainingObjective objective) {

    /** Of a model that learns to go on with texts. */
    public PretrainSettings(
            Network network,
            Batches batches,
            Schedule schedule,
            Optimiser optimiser,
            Holdout holdout,
            double spikeFactor,
            Trainer.Settings training,
            long seed) {
        this(
                network,
                batches,
                schedule,
                optimiser,
                holdout,
                spikeFactor,
                training,
                seed,
                PretrainingObjective.NEXT_TOKEN);
    }

    /** The same of a model that learns something else. */
    public PretrainSettings learning(PretrainingObjective other) {
        return new PretrainSettings(network, batches, schedule, optimiser, holdout, spikeFactor, training, seed, other);
    }

    /** Whether the model learns to fill blanks. */
    boolean masked() {
        return objective == PretrainingObjective.MASKED;
    }

    /**
     * Size of the network.
     *
     * @param layers blocks
     * @param width size of a hidden state; a multiple of 32, the size of a head
     */
    public record Network(int layers, int width) {}

    /**
     * How the data is cut into steps.
     *
     * @param sequences sequences a step
     * @param memory that a step may take, which goes through the network in as many parts as that needs
     * @param shuffleWindow sequences held in memory and shuffled among each other; 1 keeps the order of the data
     * @param shards parts of each step that workers share, a power of two that divides the sequences; 1: one worker computes all
     * @param localSgd how replicas, one for each shard, learn by themselves; empty if each step's gradients are shared
     */
    public record Batches(
            int sequences, ActivationMemory memory, int shuffleWindow, int shards, Optional<LocalSgd> localSgd) {

        public Batches {
            if (Integer.bitCount(shards) != 1 || sequences % shards != 0) {
                throw new IllegalArgumentException("alignstream.pretrain.shards is " + shards
                        + " but must be a power of two that divides the sequences of a step (" + sequences + ")");
            }
            if (localSgd.isPresent() && shards == 1) {
                throw new IllegalArgumentException("alignstream.pretrain.sharing is local-sgd but"
                        + " alignstream.pretrain.shards is 1: there is nothing to share; set as many shards as workers are to"
                        + " train, or alignstream.pretrain.sharing=exact");
            }
        }

        /** Whose gradients are shared in each step. */
        public Batches(int sequences, ActivationMemory memory, int shuffleWindow, int shards) {
            this(sequences, memory, shuffleWindow, shards, Optional.empty());
        }

        /** On one worker. */
        public Batches(int sequences, ActivationMemory memory, int shuffleWindow) {
            this(sequences, memory, shuffleWindow, 1);
        }
    }

    /**
     * Local SGD: rounds in which each shard's replica takes steps on its part of the batches by itself.
     *
     * @param steps of a round
     * @param outer brings the replicas together
     */
    public record LocalSgd(int steps, OuterNesterov.Settings outer) {

        /**
         * Where the round ends that begins after {@code step}: at a multiple of its steps, at the run's last step, or where the
         * learning rate begins to fall, since a later run goes on from there.
         */
        long end(long step, Schedule.Run schedule) {
            long end = Math.min(schedule.total(), (step / steps + 1) * steps);
            return step < schedule.branch() ? Math.min(end, schedule.branch()) : end;
        }

        private void requireMultiple(String setting, long every) {
            if (every % steps != 0) {
                throw new IllegalArgumentException(setting + " is " + every + " but must be a multiple of"
                        + " alignstream.pretrain.local-sgd.steps (" + steps
                        + "): between two exchanges there is no model that all workers have");
            }
        }
    }

    /**
     * AdamW or Muon, and the clipping of gradients.
     *
     * @param weightDecay decoupled, on matrices only: norms and biases are another group, without decay
     * @param beta2 decay of the second moment
     * @param maxNorm gradients with a greater global norm are scaled down to it
     * @param muonMomentum Muon's momentum for the matrices of the blocks; 0 lets them learn by AdamW
     * @param precision of products and activations; weights, moments and sums are fp32 always
     */
    public record Optimiser(
            double weightDecay, double beta2, double maxNorm, double muonMomentum, Precision precision) {}

    /**
     * What is measured on documents that the model never learns from.
     *
     * @param sequences most validation sequences that are used
     * @param every steps between two validations
     */
    public record Holdout(int sequences, int every) {}

    public PretrainSettings {
        batches.localSgd.ifPresent(rounds -> {
            rounds.requireMultiple("alignstream.pretrain.validate-every", holdout.every);
            rounds.requireMultiple(
                    "alignstream.pretrain.checkpoint-every", training.saving().every());
        });
    }

    /** What shapes weights and figures; part of the run's identity, so nothing here may depend on time or place. */
    public Map<String, String> hyperparameters() {
        Map<String, String> values = new TreeMap<>(networkParameters());
        values.put("batchSequences", Integer.toString(batches.sequences));
        values.put("accumulation", "1"); // once a setting; part of the identity of runs that are there
        batches.memory.addTo(values);
        values.put("shuffleWindow", Integer.toString(batches.shuffleWindow));
        if (batches.shards > 1) {
            values.put(
                    "shards",
                    Integer.toString(batches.shards)); // not how many workers there are: weights do not depend on it
        }
        batches.localSgd.ifPresent(rounds -> {
            values.put("localSgdSteps", Integer.toString(rounds.steps));
            values.put("outerLearningRate", Double.toString(rounds.outer.learningRate()));
            values.put("outerMomentum", Double.toString(rounds.outer.momentum()));
        });
        values.put("steps", Long.toString(schedule.steps()));
        values.put("epochs", Double.toString(schedule.epochs()));
        values.put("learningRate", Double.toString(schedule.learningRate()));
        values.put("warmupShare", Double.toString(schedule.warmupShare()));
        values.put("decayShare", Double.toString(schedule.decayShare()));
        values.put("leastDecaySteps", Long.toString(schedule.leastDecaySteps()));
        values.put("finalShare", Double.toString(schedule.finalShare()));
        values.put("weightDecay", Double.toString(optimiser.weightDecay));
        values.put("precision", optimiser.precision.label());
        values.put("beta2", Double.toString(optimiser.beta2));
        values.put("maxNorm", Double.toString(optimiser.maxNorm));
        values.put("validationSequences", Integer.toString(holdout.sequences));
        values.put("validateEvery", Integer.toString(holdout.every));
        values.put("patience", Integer.toString(training.patience()));
        values.put("recoveries", Integer.toString(training.healing().recoveries()));
        values.put("spikeFactor", Double.toString(spikeFactor));
        values.put(
                "recoveryLearningRateFactor", Double.toString(training.healing().learningRateFactor()));
        values.put("checkpointEvery", Long.toString(training.saving().every()));
        values.put("seed", Long.toString(seed));
        if (masked()) {
            values.put("objective", objective.id()); // what there was before is the identity of runs that are there
        }
        return values;
    }

    /** Whether training can go on from what was made with {@code hyperparameters}: same shape, same kind of moments. */
    boolean fits(Map<String, String> hyperparameters) {
        return hyperparameters.entrySet().containsAll(networkParameters().entrySet());
    }

    private Map<String, String> networkParameters() {
        return Map.of(
                "layers", Integer.toString(network.layers),
                "width", Integer.toString(network.width),
                "muonMomentum", Double.toString(optimiser.muonMomentum));
    }
}
