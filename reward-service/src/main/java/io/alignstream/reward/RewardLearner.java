package io.alignstream.reward;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TunedNetwork;
import io.alignstream.languagemodel.objective.RankedPair;
import io.alignstream.languagemodel.objective.RankingObjective;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.optimiser.LinearSchedule;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.training.Learner;
import io.alignstream.training.dataset.PreferencePair;
import io.alignstream.training.dataset.RankedAnswers;
import io.alignstream.training.workers.Workers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * One network that learns to score, on ranked requests of its own.
 *
 * <p>Everything random is a function of its role, the seed and the epoch, so weights, moments and the number of steps are
 * the complete state. For one thread.
 */
final class RewardLearner implements AutoCloseable {

    private final String role;
    private final RewardSettings settings;
    private final List<RankedAnswers> requests;
    private final LinearSchedule schedule;
    private final TunedNetwork network;
    private final Learner learner;
    private final RankingObjective objective;

    /**
     * What a step gave.
     *
     * @param requests how many it learned from
     */
    record Step(double loss, double gradientNorm, double learningRate, int requests) {
        boolean isFinite() {
            return Double.isFinite(loss) && Double.isFinite(gradientNorm);
        }
    }

    /**
     * A learner with zero moments.
     *
     * @param role which of several it is: another role learns in another order
     * @param requests one at least, in a fixed order
     * @param learningRateScale multiplies the learning rate
     * @param network with a scalar head; closed with the learner
     * @param workers who share each step; stay the caller's
     */
    RewardLearner(
            String role,
            RewardSettings settings,
            List<RankedAnswers> requests,
            double learningRateScale,
            TunedNetwork network,
            Workers workers) {
        this.role = role;
        this.settings = settings;
        this.requests = requests;
        this.schedule = new LinearSchedule(settings.learningRate() * learningRateScale, settings.warmupShare());
        this.network = network;
        Transformer computing = network.network().computeIn(settings.precision());
        this.learner = new Learner(network.trained(1), AdamW.Settings.REINFORCEMENT, settings.memory(), workers);
        this.objective = new RankingObjective(computing, settings.centring());
    }

    TunedNetwork network() {
        return network;
    }

    long totalSteps() {
        return settings.epochs() * stepsPerEpoch();
    }

    /** Step {@code step}, from 0, which has changed nothing yet; see {@link Learner#prepare}. */
    Prepared prepare(long step) {
        network.changed();
        List<RankedAnswers> batch = batch(step);
        return new Prepared(
                learner.prepare(objective, objectiveBatch(batch, settings.margin()), List.of()),
                schedule.learningRate(step, totalSteps()),
                batch.size());
    }

    /** A step that is computed and not taken. */
    final class Prepared implements AutoCloseable {

        private final Learner.Prepared<Double> step;
        private final double learningRate;
        private final int requests;

        private Prepared(Learner.Prepared<Double> step, double learningRate, int requests) {
            this.step = step;
            this.learningRate = learningRate;
            this.requests = requests;
        }

        /** Lets it stay while other networks' steps are prepared. */
        Prepared kept() {
            step.kept();
            return this;
        }

        /** Takes it, once. */
        Step take() {
            Learner.Step<Double> taken = step.take(learningRate);
            return new Step(taken.loss(), taken.gradientNorm(), learningRate, requests);
        }

        @Override
        public void close() {
            step.close();
        }
    }

    /** Each epoch has its own order, and its last batch may be smaller. */
    private List<RankedAnswers> batch(long step) {
        long epoch = step / stepsPerEpoch();
        int start = (int) (step % stepsPerEpoch()) * settings.batchRequests();
        int[] order =
                SeededRandom.permutation(requests.size(), SeededRandom.of(settings.seed(), role + " epoch", epoch));
        return Arrays.stream(order, start, Math.min(start + settings.batchRequests(), order.length))
                .mapToObj(requests::get)
                .toList();
    }

    /** All answers of {@code requests} as rows, and every pair of them that somebody compared. */
    private static RankingObjective.Batch objectiveBatch(List<RankedAnswers> requests, double margin) {
        List<int[]> rows = new ArrayList<>();
        List<RankedPair> pairs = new ArrayList<>();
        for (RankedAnswers request : requests) {
            int first = rows.size();
            request.answers().forEach(answer -> rows.add(answer.ids()));
            for (PreferencePair pair : request.pairs()) {
                pairs.add(new RankedPair(
                        first + pair.better(),
                        first + pair.worse(),
                        margin * pair.gap(),
                        pair.weight() / requests.size(),
                        pair.tied()));
            }
        }
        int[] last = rows.stream().mapToInt(row -> row.length - 1).toArray();
        return new RankingObjective.Batch(RewardModel.sequences(rows), last, pairs, requests.size());
    }

    /** Ranked requests learned from in the first {@code steps} steps, each counted in every epoch. */
    long episodes(long steps) {
        long epoch = steps / stepsPerEpoch();
        long inEpoch = Math.min(requests.size(), (steps % stepsPerEpoch()) * settings.batchRequests());
        return epoch * requests.size() + inEpoch;
    }

    private long stepsPerEpoch() {
        return Math.ceilDiv(requests.size(), settings.batchRequests());
    }

    /** The optimiser's state. */
    SequencedMap<String, Tensor> state(String prefix) {
        return learner.state(prefix);
    }

    /**
     * Restores what {@link #state} gave.
     *
     * @throws IOException if a tensor is missing or has another shape
     */
    void restore(String prefix, Map<String, Tensor> state) throws IOException {
        learner.restore(prefix, state);
    }

    @Override
    public void close() {
        learner.close();
        network.close();
    }
}
