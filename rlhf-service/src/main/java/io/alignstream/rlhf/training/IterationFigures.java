package io.alignstream.rlhf.training;

import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.objective.PolicyObjective;
import io.alignstream.languagemodel.objective.ValueObjective;
import io.alignstream.training.Learner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/** The figures of one PPO iteration under the field's names; not thread-safe. */
final class IterationFigures {

    private static final Set<String> OF_CRITIC = Set.of("loss/value_avg", "val/clipfrac_avg");

    private final SequencedMap<String, Double> metrics = new TreeMap<>();
    private final TreeMap<String, Double> sums = new TreeMap<>();
    private final List<Double> ratios = new ArrayList<>();
    private int policySteps;
    private int valueSteps;
    private double samplingGap;

    /** Learns by how many nats the sampler's log probabilities are from those that training starts from, at most. */
    void observeSampling(double gap) {
        samplingGap = Math.max(samplingGap, gap);
    }

    /** The batch before any update. */
    void observe(List<Episode> episodes, double klCoefficient) {
        double divergence = mean(episodes, Episode::kl);
        double score = mean(episodes, Episode::score);
        double ended = episodes.stream().filter(Episode::ended).count();
        metrics.put("objective/kl", divergence);
        metrics.put("objective/entropy", mean(episodes, episode -> -Arrays.stream(episode.logs())
                .sum()));
        metrics.put("objective/scores", score);
        metrics.put("objective/non_score_reward", -klCoefficient * divergence);
        metrics.put("objective/rlhf_reward", mean(episodes, episode -> Arrays.stream(episode.rewards(klCoefficient))
                .sum()));
        metrics.put("val/num_eos_tokens", ended);
        metrics.put("endRate", ended / episodes.size());
        metrics.put("responseLength", mean(episodes, Episode::length));
        metrics.put("klCoefficient", klCoefficient);
        metrics.put("val/sampling_gap", samplingGap);
    }

    /** A step of the policy; the figures become means over the steps. */
    void observePolicy(Learner.Step<PolicyObjective.Figures> step) {
        PolicyObjective.Figures policy = step.loss();
        policySteps++;
        sums.merge("policy/approxkl_avg", policy.approximateKl(), Double::sum);
        sums.merge("policy/clipfrac_avg", policy.clipFraction(), Double::sum);
        sums.merge("policy/entropy_avg", policy.entropy(), Double::sum);
        sums.merge("policy/gradientNorm", step.gradientNorm(), Double::sum);
        sums.merge("loss/policy_avg", policy.loss(), Double::sum);
        sums.merge("val/ratio", policy.meanRatio(), Double::sum);
        ratios.add(policy.meanRatio());
    }

    /** A step of the critic. */
    void observeValue(Learner.Step<ValueObjective.Figures> step) {
        valueSteps++;
        sums.merge("loss/value_avg", step.loss().loss(), Double::sum);
        sums.merge("val/clipfrac_avg", step.loss().clipFraction(), Double::sum);
    }

    double get(String metric) {
        return metrics.getOrDefault(metric, Double.NaN);
    }

    /** All figures; those of the policy's steps are missing while only the critic learns. */
    SequencedMap<String, Double> metrics() {
        SequencedMap<String, Double> all = new TreeMap<>(metrics);
        sums.forEach((name, sum) -> all.put(name, sum / (OF_CRITIC.contains(name) ? valueSteps : policySteps)));
        if (ratios.size() > 1) {
            double mean = ratios.stream().mapToDouble(Double::doubleValue).sum() / ratios.size();
            double squares = ratios.stream()
                    .mapToDouble(ratio -> (ratio - mean) * (ratio - mean))
                    .sum();
            all.put("val/ratio_var", squares / (ratios.size() - 1));
        }
        return all;
    }

    /** A figure that is no finite number, if there is one. */
    Optional<Reason> notFinite() {
        return metrics().entrySet().stream()
                .filter(figure -> !Double.isFinite(figure.getValue()))
                .map(figure -> Reason.of("rlhf.notFinite")
                        .with("figure", figure.getKey())
                        .with("value", Double.toString(figure.getValue())))
                .findFirst();
    }

    private static double mean(List<Episode> episodes, ToDoubleFunction<Episode> figure) {
        return episodes.stream().mapToDouble(figure).average().orElse(Double.NaN);
    }
}
