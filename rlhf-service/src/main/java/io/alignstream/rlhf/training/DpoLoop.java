package io.alignstream.rlhf.training;

import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.TunedNetwork;
import io.alignstream.languagemodel.objective.DpoObjective;
import io.alignstream.languagemodel.optimiser.LinearSchedule;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.training.Learner;
import io.alignstream.training.Recovery;
import io.alignstream.training.StoredState;
import io.alignstream.training.Trouble;
import io.alignstream.training.dataset.PreferencePair;
import io.alignstream.training.dataset.RankedAnswers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * Direct preference optimisation (Rafailov et al., arXiv 2305.18290) on rankings: of each pair of answers the better one
 * becomes more probable than the other, measured against the SFT model; nothing is sampled and no reward model scores.
 *
 * <p>Ties teach nothing. Everything random is a function of seed and epoch, so weights and moments of the policy and the step's
 * number are the complete state. For one thread.
 */
public final class DpoLoop extends PolicyLoop {

    private static final double WARMUP_SHARE = 0.1;

    private final PolicyLearner policy;
    private final DpoObjective objective;
    private final LinearSchedule schedule;
    private final List<RankedAnswers> training;

    private DpoLoop(RlhfInputs inputs, List<RankedAnswers> training, Recovery recovery, TunedNetwork policy) {
        super(inputs, recovery);
        this.training = training;
        this.policy = new PolicyLearner(inputs, policy);
        this.objective = new DpoObjective(policy.network(), settings.dpo().beta());
        this.schedule = new LinearSchedule(settings.dpo().learningRate() * recovery.learningRateScale(), WARMUP_SHARE);
    }

    static DpoLoop begin(RlhfInputs inputs, Recovery recovery) {
        return new DpoLoop(inputs, training(inputs), recovery, inputs.policy());
    }

    static DpoLoop resume(RlhfInputs inputs, StoredState stored, Recovery recovery) throws IOException {
        List<RankedAnswers> training = training(inputs);
        DpoLoop loop = new DpoLoop(inputs, training, recovery, inputs.policy(stored));
        try {
            loop.policy.restore(stored);
            loop.restore(stored);
            return loop;
        } catch (IOException | RuntimeException e) {
            loop.close();
            throw e;
        }
    }

    /** The requests that are not held out, fit the model and hold a pair. */
    private static List<RankedAnswers> training(RlhfInputs inputs) {
        int positions = inputs.sft().config().maxPositions();
        List<RankedAnswers> training = inputs.ranked().stream()
                .filter(request -> !request.heldOut(inputs.settings().holdout().share()))
                .filter(request -> request.longest() <= positions)
                .filter(request -> request.pairs().stream().anyMatch(pair -> !pair.tied()))
                .toList();
        if (training.isEmpty()) {
            throw new InvalidInputException(Reason.of("rlhf.noPair")
                    .with("requests", inputs.ranked().size())
                    .with("positions", positions));
        }
        return training;
    }

    @Override
    public long total() {
        return settings.dpo().epochs() * stepsPerEpoch();
    }

    private long stepsPerEpoch() {
        return Math.ceilDiv(training.size(), settings.dpo().batchRequests());
    }

    @Override
    public String phase() {
        return "dpo";
    }

    @Override
    int validateEvery() {
        return settings.dpo().validateEvery();
    }

    @Override
    public Step step() {
        DpoObjective.Batch batch = batch();
        double rate = schedule.learningRate(iteration, total());
        Learner.Step<DpoObjective.Figures> taken = policy.step(objective, batch, rate, iteration);
        iteration++;
        SequencedMap<String, Double> figures = new TreeMap<>(Map.of(
                "loss", taken.loss().loss(),
                "rewards/margins", taken.loss().margin(),
                "gradientNorm", taken.gradientNorm(),
                "learningRate", rate));
        boolean finite = Double.isFinite(taken.loss().loss()) && Double.isFinite(taken.gradientNorm());
        return new Step(
                figures,
                new Speed("pairsPerSecond", batch.answers().batch() / 2.0),
                finite
                        ? Optional.empty()
                        : Optional.of(Trouble.notFinite(taken.loss().loss(), taken.gradientNorm(), rate)));
    }

    /** The pairs of this step's requests; each epoch has its own order, and its last batch may be smaller. */
    private DpoObjective.Batch batch() {
        int size = settings.dpo().batchRequests();
        long epoch = iteration / stepsPerEpoch();
        int start = (int) (iteration % stepsPerEpoch()) * size;
        int[] order = SeededRandom.permutation(training.size(), SeededRandom.of(settings.seed(), "dpo epoch", epoch));
        List<Conversation> rows = new ArrayList<>();
        for (int i = start; i < Math.min(start + size, order.length); i++) {
            RankedAnswers request = training.get(order[i]);
            for (PreferencePair pair : request.pairs()) {
                if (!pair.tied()) {
                    rows.add(request.answers().get(pair.better()));
                    rows.add(request.answers().get(pair.worse()));
                }
            }
        }
        Sequences answers = Sequences.of(
                rows.stream().map(Conversation::ids).toList(),
                rows.stream().map(Conversation::learned).toList());
        return new DpoObjective.Batch(answers, inputs.sft().answerLogProbabilities(answers));
    }

    /** The optimiser. */
    @Override
    public SequencedMap<String, Tensor> state() {
        SequencedMap<String, Tensor> state = policy.state();
        best.addTo(state, iteration);
        return state;
    }

    @Override
    TunedNetwork policy() {
        return policy.policy();
    }

    @Override
    public void close() {
        super.close();
        policy.close();
    }
}
