package io.alignstream.reward;

import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.RewardEnsemble;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.network.TunedNetwork;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.training.BestWeights;
import io.alignstream.training.dataset.RankedAnswers;
import io.alignstream.training.workers.Workers;
import io.alignstream.training.workers.WorkersChangedException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Networks of one role that learn to score side by side, a step each: for each criterion the same number of members.
 *
 * <p>Members differ in the head they begin with, in the order in which they learn and, where a criterion has several, in
 * what they learn: each its own bootstrap sample of the prompts. For one thread.
 */
final class RewardLearners implements AutoCloseable {

    /** The role of what is the run's model. */
    static final String REWARD = "reward";

    private final List<Part> parts;
    /** Whether a step may fail because a worker has come or gone: then no network may have taken it. */
    private final boolean together;

    /** One network. */
    private record Part(String name, String criterion, RewardLearner learner) {

        String weights() {
            return name + ".";
        }

        String optimiser() {
            return name.equals(REWARD) ? "optimiser" : name + "-optimiser";
        }
    }

    /**
     * What a step gave, means over the networks that took one.
     *
     * @param requests how many were learned from, in all
     */
    record Step(double loss, double gradientNorm, double learningRate, int requests) {
        boolean isFinite() {
            return Double.isFinite(loss) && Double.isFinite(gradientNorm);
        }
    }

    private RewardLearners(List<Part> parts, boolean together) {
        this.parts = parts;
        this.together = together;
    }

    /**
     * Learners with zero moments.
     *
     * @param role names them
     * @param criteria each has its own networks and learns what was ranked by it or by nothing particular; a single one
     *     learns everything
     * @param members networks of each criterion
     * @param networks makes each, counted from 0 over all criteria; closed with the learners
     * @param workers who share each step; stay the caller's
     * @throws InvalidInputException if there is nothing to learn about a criterion
     */
    static RewardLearners of(
            String role,
            RewardSettings settings,
            List<String> criteria,
            int members,
            List<RankedAnswers> requests,
            double learningRateScale,
            IntFunction<TunedNetwork> networks,
            Workers workers) {
        List<Part> parts = new ArrayList<>();
        try {
            for (String criterion : criteria) {
                List<RankedAnswers> about = requests.stream()
                        .filter(request -> criteria.size() == 1
                                || request.criterion().isEmpty()
                                || request.criterion().equals(criterion))
                        .toList();
                if (about.isEmpty()) {
                    throw new InvalidInputException(
                            Reason.of("reward.noRequestOfCriterion").with("criterion", criterion));
                }
                for (int member = 0; member < members; member++) {
                    int number = parts.size();
                    String name = name(role, number);
                    List<RankedAnswers> learned = members == 1
                            ? about
                            : resampled(about, SeededRandom.of(settings.seed(), name + " prompts", 0));
                    parts.add(new Part(
                            name,
                            criterion,
                            new RewardLearner(
                                    name, settings, learned, learningRateScale, networks.apply(number), workers)));
                }
            }
            return new RewardLearners(parts, workers.shards() > 1);
        } catch (RuntimeException e) {
            parts.forEach(part -> part.learner().close());
            throw e;
        }
    }

    /** As many prompts as there are, drawn with replacement, each with all its requests. */
    private static List<RankedAnswers> resampled(List<RankedAnswers> requests, SplittableRandom random) {
        SequencedMap<Double, List<RankedAnswers>> byPrompt = new LinkedHashMap<>();
        requests.forEach(request -> byPrompt.computeIfAbsent(request.place(), place -> new ArrayList<>())
                .add(request));
        List<List<RankedAnswers>> prompts = List.copyOf(byPrompt.values());
        return Stream.generate(() -> prompts.get(random.nextInt(prompts.size())))
                .limit(prompts.size())
                .flatMap(List::stream)
                .toList();
    }

    long totalSteps() {
        return parts.stream()
                .mapToLong(part -> part.learner().totalSteps())
                .max()
                .orElseThrow();
    }

    /**
     * Takes step {@code step}, from 0, with each network that has one left.
     *
     * @throws WorkersChangedException if a worker has come or gone; no network has taken it then
     */
    Step step(long step) {
        List<RewardLearner> learning = parts.stream()
                .map(Part::learner)
                .filter(learner -> step < learner.totalSteps())
                .toList();
        List<RewardLearner.Step> taken = new ArrayList<>();
        List<RewardLearner.Prepared> prepared = new ArrayList<>();
        try {
            for (RewardLearner learner : learning) {
                prepared.add(learner.prepare(step));
                if (together && learning.size() > 1) {
                    prepared.getLast().kept();
                } else {
                    takeAll(prepared, taken);
                }
            }
            takeAll(prepared, taken);
        } finally {
            prepared.forEach(RewardLearner.Prepared::close);
        }
        return new Step(
                taken.stream().mapToDouble(RewardLearner.Step::loss).average().orElseThrow(),
                taken.stream()
                        .mapToDouble(RewardLearner.Step::gradientNorm)
                        .average()
                        .orElseThrow(),
                taken.getFirst().learningRate(),
                taken.stream().mapToInt(RewardLearner.Step::requests).sum());
    }

    private static void takeAll(List<RewardLearner.Prepared> prepared, List<RewardLearner.Step> taken) {
        prepared.forEach(each -> taken.add(each.take()));
        prepared.forEach(RewardLearner.Prepared::close);
        prepared.clear();
    }

    /** Ranked requests learned from in the first {@code steps} steps, each counted in every epoch and network. */
    long episodes(long steps) {
        return parts.stream()
                .map(Part::learner)
                .mapToLong(learner -> learner.episodes(Math.min(steps, learner.totalSteps())))
                .sum();
    }

    /** The network whose weights are the run's model while it trains. */
    TunedNetwork first() {
        return parts.getFirst().learner().network();
    }

    /** The networks as they are now, which stay owned by this: not to be closed. */
    RewardEnsemble now() {
        return of(parts.stream().map(part -> part.learner().network()).toList());
    }

    /** Copies of the networks as they are now. */
    RewardEnsemble copy() {
        return of(parts.stream().map(part -> part.learner().network().copy()).toList());
    }

    /** Copies of the networks as they were when {@link #weights} gave {@code weights}, of all. */
    RewardEnsemble with(Map<String, Tensor> weights) throws IOException {
        List<TunedNetwork> networks = new ArrayList<>();
        try {
            for (Part part : parts) {
                networks.add(part.learner().network().with(BestWeights.below(part.weights(), weights)));
            }
            return of(networks);
        } catch (IOException | RuntimeException e) {
            networks.forEach(TunedNetwork::close);
            throw e;
        }
    }

    /** {@code networks}, one for each of these, as models. */
    private RewardEnsemble of(List<TunedNetwork> networks) {
        List<RewardEnsemble.Member> members = new ArrayList<>();
        for (int i = 0; i < networks.size(); i++) {
            members.add(new RewardEnsemble.Member(parts.get(i).criterion(), new RewardModel(networks.get(i), 0)));
        }
        return new RewardEnsemble(members, RewardEnsemble.Combination.MEAN);
    }

    /** Which file holds which network beside the model in {@code first}. */
    List<RewardEnsemble.Index.Entry> files(String first) {
        List<RewardEnsemble.Index.Entry> files = new ArrayList<>();
        for (Part part : parts) {
            String file = files.isEmpty() ? first : part.name() + ".safetensors";
            files.add(new RewardEnsemble.Index.Entry(file, part.criterion()));
        }
        return files;
    }

    /** How many networks there are. */
    int size() {
        return parts.size();
    }

    /** The weights of all networks but the first {@code without}. */
    SequencedMap<String, Tensor> weights(int without) {
        SequencedMap<String, Tensor> weights = new LinkedHashMap<>();
        parts.stream().skip(without).forEach(part -> part.learner()
                .network()
                .views()
                .forEach((name, tensor) -> weights.put(part.weights() + name, tensor)));
        return weights;
    }

    /** The optimisers' state. */
    SequencedMap<String, Tensor> state() {
        SequencedMap<String, Tensor> state = new LinkedHashMap<>();
        parts.forEach(part -> state.putAll(part.learner().state(part.optimiser())));
        return state;
    }

    /**
     * Restores what {@link #state} gave.
     *
     * @throws IOException if a tensor is missing or has another shape
     */
    void restore(Map<String, Tensor> state) throws IOException {
        for (Part part : parts) {
            part.learner().restore(part.optimiser(), state);
        }
    }

    /**
     * Networks with the weights that {@link #weights} gave.
     *
     * @param shape makes a network of their kind
     */
    static List<TunedNetwork> networks(
            String role, int count, Supplier<TunedNetwork> shape, Map<String, Tensor> weights) throws IOException {
        List<TunedNetwork> networks = new ArrayList<>();
        try (TunedNetwork like = shape.get()) {
            for (int number = 0; number < count; number++) {
                networks.add(like.with(BestWeights.below(name(role, number) + ".", weights)));
            }
            return networks;
        } catch (IOException | RuntimeException e) {
            networks.forEach(TunedNetwork::close);
            throw e;
        }
    }

    private static String name(String role, int number) {
        return number == 0 ? role : role + "-" + (number + 1);
    }

    @Override
    public void close() {
        parts.forEach(part -> part.learner().close());
    }
}
