package io.alignstream.training;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Cut;
import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.network.Trainable;
import io.alignstream.languagemodel.objective.Objective;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.optimiser.Optimiser;
import io.alignstream.languagemodel.optimiser.OuterNesterov;
import io.alignstream.languagemodel.torch.ArrayMemory;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.training.memory.ActivationMemory;
import io.alignstream.training.workers.ShardSum;
import io.alignstream.training.workers.Shards;
import io.alignstream.training.workers.Workers;
import io.alignstream.training.workers.WorkersChangedException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/**
 * Weights that learn: takes an objective's gradients to the optimiser, step by step; for one thread.
 *
 * <p>Every training step of every stage passes here, between the gradients and their update. A batch that is too large
 * for memory comes as micro-batches. Where a run has shards, each of them is a part of the batch with gradients of its own, this
 * process computes those that are its, and the sum over all follows one binary tree, whoever computed them ({@link Workers}).
 *
 * <p>By local SGD ({@link #locally}) each shard has a replica of the weights instead, which takes several steps by itself before
 * all are brought together: a {@link #round}. Replicas belong to shards, not to workers, so what comes of it does not depend on how
 * many workers there are either.
 */
public final class Learner implements AutoCloseable {

    private static final String MARK = "mark";

    private final Trainable trained;
    private final Optimiser optimiser;
    private final int positions;
    private final Workers workers;
    private final ArrayMemory arrays = new ArrayMemory();
    /** Weights and moments as they were at the last {@link #mark}. */
    private final SequencedMap<String, Tensor> marked = new LinkedHashMap<>();

    private @Nullable OuterNesterov outer;

    /**
     * What a step gave.
     *
     * @param loss what the objective reports
     * @param gradientNorm global norm before clipping
     */
    public record Step<L>(L loss, double gradientNorm) {}

    /** A step that is computed and not taken: it has changed nothing yet, and taking it asks nobody. Close it. */
    public final class Prepared<L> implements AutoCloseable {

        private final Gradients gradients;
        private final L loss;

        private Prepared(Gradients gradients, L loss) {
            this.gradients = gradients;
            this.loss = loss;
        }

        /** Lets it stay while other steps are prepared, in memory of its own. */
        public Prepared<L> kept() {
            gradients.keep();
            return this;
        }

        /** Takes it, once. */
        public Step<L> take(double learningRate) {
            return new Step<>(loss, optimiser.step(gradients, learningRate));
        }

        @Override
        public void close() {
            gradients.close();
        }
    }

    /**
     * What is learned beside an objective, in the same steps.
     *
     * @param coefficient multiplies its gradients, above 0
     */
    public record Beside<B>(Objective<B, ?> objective, B batch, double coefficient) {}

    /** A learner of {@code trained} by AdamW in fp32 with zero moments; the weights stay the caller's. */
    public Learner(Trainable trained, AdamW.Settings settings) {
        this(trained, settings, ActivationMemory.DEFAULT);
    }

    /** The same whose micro-batches fit into {@code memory}, in the number format in which the network computes. */
    public Learner(Trainable trained, AdamW.Settings settings, ActivationMemory memory) {
        this(trained, new AdamW(trained, settings), memory, trained.network().precision());
    }

    /** The same, one of several that learn together; {@code workers} stay the caller's. */
    public Learner(Trainable trained, AdamW.Settings settings, ActivationMemory memory, Workers workers) {
        this(trained, new AdamW(trained, settings), memory, trained.network().precision(), workers);
    }

    /** A learner of {@code trained} by {@code optimiser} whose micro-batches fit into {@code memory}. */
    public Learner(Trainable trained, Optimiser optimiser, ActivationMemory memory, Precision precision) {
        this(trained, optimiser, memory, precision, Workers.alone(1));
    }

    /** The same, one of several that learn together. */
    public Learner(
            Trainable trained, Optimiser optimiser, ActivationMemory memory, Precision precision, Workers workers) {
        this(trained, optimiser, memory.positions(trained.network().config(), precision), workers);
        trained.network().checkpointActivations(memory.checkpointing());
    }

    /** A learner of {@code trained} by {@code optimiser} that takes every batch at once, whatever memory it needs. */
    public Learner(Trainable trained, Optimiser optimiser) {
        this(trained, optimiser, Integer.MAX_VALUE);
    }

    /**
     * A learner of {@code trained} by {@code optimiser}, which is closed with it; the weights stay the caller's.
     *
     * @param positions of a micro-batch, most, padding counted; a batch with more is learned from in several
     */
    public Learner(Trainable trained, Optimiser optimiser, int positions) {
        this(trained, optimiser, positions, Workers.alone(1));
    }

    /** The same, one of several that learn together; {@code workers} stay the caller's. */
    public Learner(Trainable trained, Optimiser optimiser, int positions, Workers workers) {
        this.trained = trained;
        this.optimiser = optimiser;
        this.positions = positions;
        this.workers = workers;
    }

    /** Learns in rounds from now on, with momentum 0 at first. */
    public Learner locally(OuterNesterov.Settings settings) {
        outer = new OuterNesterov(trained, optimiser, settings);
        return this;
    }

    /**
     * One step: the gradients of {@code objective} on {@code batch}, then the update.
     *
     * @throws IllegalArgumentException if the batch is too large for one micro-batch and counts for nothing
     * @throws WorkersChangedException if a worker has come or gone; weights and moments are as before then
     */
    public <B, L> Step<L> step(Objective<B, L> objective, B batch, double learningRate) {
        return step(objective, batch, List.of(), learningRate);
    }

    /** The same for the sum of its loss and those {@code beside} it; what is reported is of the first. */
    public <B, L> Step<L> step(Objective<B, L> objective, B batch, List<Beside<?>> beside, double learningRate) {
        try (Prepared<L> step = prepare(objective, batch, beside)) {
            return step.take(learningRate);
        }
    }

    /**
     * Computes a step. Where several learners take a step together, all are prepared before the first is taken: so either all
     * count, or none.
     *
     * @return to be taken or {@linkplain Prepared#kept kept} before this or another learner of the same workers prepares one
     * @throws IllegalArgumentException if the batch is too large for one micro-batch and counts for nothing
     * @throws WorkersChangedException if a worker has come or gone
     */
    public <B, L> Prepared<L> prepare(Objective<B, L> objective, B batch, List<Beside<?>> beside) {
        if (workers.shards() > 1) {
            return prepareInShards(objective, batch, beside);
        }
        Gradients gradients = new Gradients(trained);
        try {
            L loss = accumulate(objective, batch, 1, gradients);
            beside.forEach(other -> accumulate(other, gradients));
            return new Prepared<>(gradients, loss);
        } catch (RuntimeException e) {
            gradients.close();
            throw e;
        }
    }

    /** Remembers weights and moments as they are, in memory of their own, so that several steps can be undone at once. */
    public void mark() {
        present().forEach((name, tensor) -> {
            Tensor before = marked.get(name);
            marked.put(name, before == null ? tensor.copy() : tensor.copyInto(before));
        });
    }

    /**
     * Undoes all steps since {@link #mark}.
     *
     * @throws IllegalStateException if nothing was marked
     */
    public void goBack() {
        if (marked.isEmpty()) {
            throw new IllegalStateException("there is nothing to go back to: mark it before the first step");
        }
        trained.weights().forEach((name, weight) -> {
            Tensor before = Objects.requireNonNull(marked.get(name));
            ArrayMemory.change(weight, before::copyTo);
        });
        try {
            optimiser.restore(MARK, marked);
        } catch (IOException e) {
            throw new IllegalStateException("an optimiser's own state does not fit it", e);
        }
    }

    private SequencedMap<String, Tensor> present() {
        SequencedMap<String, Tensor> present = new LinkedHashMap<>(optimiser.state(MARK));
        trained.weights().forEach((name, weight) -> present.put(name, arrays.view(weight)));
        return present;
    }

    private <B, L> Prepared<L> prepareInShards(Objective<B, L> objective, B batch, List<Beside<?>> beside) {
        Shards own = workers.own();
        Sharded<B, L> main = new Sharded<>(objective, batch, 1);
        List<Sharded<?, ?>> others = new ArrayList<>();
        beside.forEach(other -> others.add(sharded(other)));
        OptionalInt audited = workers.audited();
        try (ShardSum sum = new ShardSum(own.from())) {
            for (int shard = own.from(); shard < own.to(); shard++) {
                Gradients gradients = new Gradients(trained);
                sum.taking(gradients);
                gradientsOf(shard, main, others, gradients);
                if (audited.isPresent() && shard == own.from()) {
                    workers.audit(gradients.sha256(), hashOf(audited.getAsInt(), objective, batch, beside));
                }
                sum.add(gradients);
            }
            Gradients all = workers.sum(sum.subtrees(), trained);
            try {
                // of all shards: so the others have the sum, too, before it counts
                L loss = main.reported(workers.sum(main.numbers), 0);
                return new Prepared<>(all, loss);
            } catch (RuntimeException e) {
                all.close();
                throw e;
            }
        }
    }

    /**
     * One round of local SGD: each shard has a replica, which begins with the same weights and moments as the others and takes a
     * step on its part of each of {@code batches}; then all are brought together. A replica takes no step on a part that counts
     * for nothing.
     *
     * @param learningRates of the steps
     * @return what each step gave: means over the replicas, each of which had weights of its own
     * @throws WorkersChangedException if a worker has come or gone; weights and moments are as before then
     */
    public <B, L> List<Step<L>> round(Objective<B, L> objective, List<B> batches, double[] learningRates) {
        OuterNesterov together = Objects.requireNonNull(outer, "this learner has no rounds");
        Shards own = workers.own();
        OptionalInt audited = workers.audited();
        Round<B, L> round = new Round<>(together, objective, batches, learningRates);
        together.begin();
        boolean taken = false;
        try (ShardSum sum = new ShardSum(own.from())) {
            for (int shard = own.from(); shard < own.to(); shard++) {
                Gradients way = round.replica(shard);
                sum.taking(way);
                if (audited.isPresent() && shard == own.from()) {
                    workers.audit(
                            way.sha256(),
                            new Round<>(together, objective, batches, learningRates).hashOf(audited.getAsInt()));
                }
                sum.add(way);
            }
            try (Gradients all = workers.sum(sum.subtrees(), trained)) {
                List<Step<L>> steps = round.reported();
                together.step(all, workers.shards());
                taken = true;
                return steps;
            }
        } finally {
            if (!taken) {
                together.back();
            }
        }
    }

    /** The batches of a round, each in shards, and what their replicas come to. */
    private final class Round<B, L> {

        private final OuterNesterov together;
        private final List<Sharded<B, L>> batches;
        private final double[] learningRates;
        /** Gradient norms of the own shards, a row for each batch. */
        private final double[] norms;

        Round(OuterNesterov together, Objective<B, L> objective, List<B> batches, double[] learningRates) {
            this.together = together;
            this.batches = batches.stream()
                    .map(batch -> new Sharded<>(objective, batch, 1))
                    .toList();
            this.learningRates = learningRates;
            this.norms = new double[batches.size() * workers.shards()];
        }

        /** What a replica comes to, which begins as all do. */
        Gradients replica(int shard) {
            together.back();
            for (int step = 0; step < batches.size(); step++) {
                try (Gradients gradients = new Gradients(trained)) {
                    if (batches.get(step).accumulate(shard, 1, gradients)) {
                        norms[step * workers.shards() + shard] = optimiser.step(gradients, learningRates[step]);
                    }
                }
            }
            return together.way();
        }

        String hashOf(int shard) {
            try (Gradients way = replica(shard)) {
                return way.sha256();
            }
        }

        /** What all workers' replicas report, by steps. */
        List<Step<L>> reported() {
            DoubleStream.Builder mine = DoubleStream.builder();
            batches.forEach(batch -> Arrays.stream(batch.numbers).forEach(mine));
            Arrays.stream(norms).forEach(mine);
            double[] all = workers.sum(mine.build().toArray());
            int norm = all.length - norms.length;
            int first = 0;
            List<Step<L>> steps = new ArrayList<>();
            for (Sharded<B, L> batch : batches) {
                double sum = Arrays.stream(all, norm, norm + workers.shards()).sum();
                steps.add(new Step<>(batch.reported(all, first), sum / batch.counted()));
                first += batch.numbers.length;
                norm += workers.shards();
            }
            return steps;
        }
    }

    private void gradientsOf(int shard, Sharded<?, ?> main, List<Sharded<?, ?>> others, Gradients gradients) {
        gradients.asPart();
        main.accumulate(shard, gradients);
        others.forEach(other -> other.accumulate(shard, gradients));
        if (gradients.isEmpty()) {
            gradients.addZeros();
        }
    }

    /** Of another worker's shard, computed here. */
    private <B, L> String hashOf(int shard, Objective<B, L> objective, B batch, List<Beside<?>> beside) {
        List<Sharded<?, ?>> others = new ArrayList<>();
        beside.forEach(other -> others.add(sharded(other)));
        try (Gradients gradients = new Gradients(trained)) {
            gradientsOf(shard, new Sharded<>(objective, batch, 1), others, gradients);
            return gradients.sha256();
        }
    }

    private <B> Sharded<B, ?> sharded(Beside<B> beside) {
        return new Sharded<>(beside.objective, beside.batch, beside.coefficient);
    }

    /** A batch that is learned from in shards. */
    private final class Sharded<B, L> {

        private final Objective<B, L> objective;
        private final List<B> shards;
        private final double[] weights;
        private final double total;
        private final double coefficient;
        /** What the own shards report; 0 for all others. */
        private final double[] numbers;

        Sharded(Objective<B, L> objective, B batch, double coefficient) {
            this.objective = objective;
            this.coefficient = coefficient;
            // What counts for nothing is computed as a whole: its loss is no number then, wherever it is computed.
            boolean counts = objective.weight(batch) > 0;
            this.shards = counts ? objective.parts(batch, Cut.into(workers.shards())) : List.of(batch);
            this.weights =
                    counts ? shards.stream().mapToDouble(objective::weight).toArray() : new double[] {1};
            this.total = Arrays.stream(weights).sum();
            this.numbers = new double[shards.size() * objective.reportedNumbers()];
        }

        /** Adds a shard's part of the gradients of the whole batch. */
        void accumulate(int shard, Gradients gradients) {
            if (shard < shards.size()) {
                accumulate(shard, coefficient * (weights[shard] / total), gradients);
            }
        }

        /** Adds {@code factor} times a shard's gradients; false if it counts for nothing. */
        boolean accumulate(int shard, double factor, Gradients gradients) {
            boolean counts = shard < shards.size() && weights[shard] > 0;
            if (counts) {
                L loss = Learner.this.accumulate(objective, shards.get(shard), factor, gradients);
                int width = objective.reportedNumbers();
                System.arraycopy(objective.numbers(loss), 0, numbers, shard * width, width);
            }
            return counts;
        }

        /** Shards that count. */
        long counted() {
            return Arrays.stream(weights).filter(weight -> weight > 0).count();
        }

        /** What all workers' shards report, as one batch: their numbers stand in {@code all} from {@code first} on. */
        L reported(double[] all, int first) {
            int width = objective.reportedNumbers();
            Optional<L> reported = Optional.empty();
            double counted = 0;
            for (int shard = 0; shard < shards.size(); shard++) {
                if (weights[shard] > 0) {
                    int at = first + shard * width;
                    L now = objective.reported(Arrays.copyOfRange(all, at, at + width));
                    counted += weights[shard];
                    double share = weights[shard] / counted;
                    reported = Optional.of(reported.map(before -> objective.merged(before, now, share))
                            .orElse(now));
                }
            }
            return reported.orElseThrow();
        }
    }

    private <B> void accumulate(Beside<B> beside, Gradients gradients) {
        accumulate(beside.objective, beside.batch, beside.coefficient, gradients);
    }

    /** Adds {@code coefficient} times the gradients on {@code batch}; what it reports is that of the one batch. */
    private <B, L> L accumulate(Objective<B, L> objective, B batch, double coefficient, Gradients gradients) {
        List<B> microBatches = objective.parts(batch, Cut.ofPositions(positions));
        if (microBatches.size() == 1) {
            gradients.weigh(coefficient);
            return objective.accumulate(microBatches.getFirst(), gradients);
        }
        double total = microBatches.stream().mapToDouble(objective::weight).sum();
        if (!(total > 0)) {
            throw new IllegalArgumentException(
                    microBatches.size() + " micro-batches count for " + total + ": a step needs something to learn");
        }
        Optional<L> reported = Optional.empty();
        double counted = 0;
        for (B microBatch : microBatches) {
            double weight = objective.weight(microBatch);
            if (weight > 0) {
                gradients.weigh(coefficient * (weight / total));
                L now = objective.accumulate(microBatch, gradients);
                counted += weight;
                double share = weight / counted;
                reported = Optional.of(reported.map(before -> objective.merged(before, now, share))
                        .orElse(now));
            }
        }
        return reported.orElseThrow();
    }

    /** The optimisers' moments and step counts, their names below {@code prefix}: views, which change with each step. */
    public SequencedMap<String, Tensor> state(String prefix) {
        SequencedMap<String, Tensor> state = optimiser.state(prefix);
        if (outer != null) {
            state.putAll(outer.state(prefix));
        }
        return state;
    }

    /**
     * Restores what {@link #state} gave.
     *
     * @throws IOException if a tensor is missing or has another shape
     */
    public void restore(String prefix, Map<String, Tensor> state) throws IOException {
        optimiser.restore(prefix, state);
        if (outer != null) {
            outer.restore(prefix, state);
        }
    }

    @Override
    public void close() {
        arrays.close();
        if (outer != null) {
            outer.close();
        }
        optimiser.close();
    }
}
