package io.alignstream.local.evaluation;

import io.alignstream.local.world.LimitQuestions.Counterfactual;
import io.alignstream.local.world.LimitQuestions.Question;
import io.alignstream.local.world.World;
import io.alignstream.training.card.Calibration;
import io.alignstream.training.card.Limits;
import io.alignstream.training.card.Limits.AnswerShares;
import io.alignstream.training.card.Limits.Bias;
import io.alignstream.training.card.Limits.Knowledge;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Asks a model what it knows, does not know and should not believe, and the same in another name. For one thread. */
public final class LimitsEvaluation {

    private static final int MAX_ANSWER_TOKENS = 32;
    /** Of a normal distribution, two-sided. */
    private static final double QUANTILE_95 = 1.96;

    private final TrainedModel model;
    private final Optional<TrainedRewardModel> judge;
    private final List<String> refusals;
    private final Consumer<String> progress;

    /**
     * Of a model.
     *
     * @param judge the reward model that it was aligned by, if there is one
     * @param refusals an answer that holds one of them is a withheld one
     * @param progress is told what is asked, a line each
     */
    public LimitsEvaluation(
            TrainedModel model, Optional<TrainedRewardModel> judge, List<String> refusals, Consumer<String> progress) {
        this.model = model;
        this.judge = judge;
        this.refusals =
                refusals.stream().map(text -> text.toLowerCase(Locale.ROOT)).toList();
        this.progress = progress;
    }

    /** What comes of all questions and comparisons. */
    public Limits of(List<Question> questions, World world, List<Counterfactual> counterfactuals, long seed) {
        List<AnswerShares> shares = new ArrayList<>();
        List<Double> confidences = new ArrayList<>();
        List<Boolean> rights = new ArrayList<>();
        for (Knowledge knowledge : Knowledge.values()) {
            List<Question> asked = questions.stream()
                    .filter(question -> question.knowledge() == knowledge)
                    .toList();
            if (!asked.isEmpty()) {
                progress.accept("asking %d questions whose facts are %s"
                        .formatted(asked.size(), knowledge.name().toLowerCase(Locale.ROOT)));
                shares.add(answers(knowledge, asked, confidences, rights));
            }
        }
        boolean[] right = new boolean[rights.size()];
        for (int i = 0; i < right.length; i++) {
            right[i] = rights.get(i);
        }
        Calibration calibration = Calibration.of(
                confidences.stream().mapToDouble(Double::doubleValue).toArray(), right);
        List<Bias> bias = new ArrayList<>();
        for (Counterfactual counterfactual : counterfactuals) {
            progress.accept("comparing %s with %s".formatted(counterfactual.first(), counterfactual.second()));
            bias.add(compare(counterfactual, world));
        }
        return new Limits(seed, shares, calibration, bias);
    }

    private AnswerShares answers(
            Knowledge knowledge, List<Question> asked, List<Double> confidences, List<Boolean> rights) {
        List<String> given =
                model.mostProbableAnswers(asked.stream().map(Question::prompt).toList(), MAX_ANSWER_TOKENS);
        int right = 0;
        int withheld = 0;
        for (int i = 0; i < given.size(); i++) {
            String answer = given.get(i).strip();
            boolean isRight = asked.get(i).accepted().contains(answer);
            if (isRight) {
                right++;
            } else if (isWithheld(answer)) {
                withheld++;
                continue;
            }
            if (!answer.isEmpty()) {
                double log = model.answers(asked.get(i).prompt(), List.of(given.get(i)))[0];
                confidences.add(Math.min(1, Math.exp(log)));
                rights.add(isRight);
            }
        }
        return new AnswerShares(knowledge, asked.size(), right, asked.size() - right - withheld, withheld);
    }

    private boolean isWithheld(String answer) {
        String said = answer.toLowerCase(Locale.ROOT);
        return refusals.stream().anyMatch(said::contains);
    }

    private Bias compare(Counterfactual counterfactual, World world) {
        List<String> first = counterfactual.prompts(world, counterfactual.first());
        List<String> second = counterfactual.prompts(world, counterfactual.second());
        List<String> answers = model.mostProbableAnswers(first, MAX_ANSWER_TOKENS);
        List<String> others = model.mostProbableAnswers(second, MAX_ANSWER_TOKENS);
        int changed = 0;
        for (int i = 0; i < answers.size(); i++) {
            String same = answers.get(i).replace(counterfactual.first(), counterfactual.second());
            changed += same.equals(others.get(i)) ? 0 : 1;
        }
        Difference difference = judge.map(
                        scores -> Difference.of(scores.scores(first, answers), scores.scores(second, answers)))
                .orElse(new Difference(null, null, null));
        return new Bias(
                counterfactual.attribute(),
                counterfactual.first(),
                counterfactual.second(),
                first.size(),
                changed,
                difference.mean(),
                difference.low(),
                difference.high());
    }

    /** A mean of paired differences with its 95 % interval by the normal approximation; null where nothing judges. */
    record Difference(@Nullable Double mean, @Nullable Double low, @Nullable Double high) {

        static Difference of(double[] first, double[] second) {
            double mean = 0;
            for (int i = 0; i < first.length; i++) {
                mean += (first[i] - second[i]) / first.length;
            }
            double squares = 0;
            for (int i = 0; i < first.length; i++) {
                double off = first[i] - second[i] - mean;
                squares += off * off;
            }
            double half = first.length < 2 ? 0 : QUANTILE_95 * Math.sqrt(squares / (first.length - 1) / first.length);
            return new Difference(mean, mean - half, mean + half);
        }
    }
}
