package io.alignstream.local.evaluation;

import static io.alignstream.languagemodel.insight.Association.shares;

import io.alignstream.local.world.EvaluationSet;
import io.alignstream.local.world.EvaluationSet.StylePrompt;
import io.alignstream.local.world.Split;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/**
 * What the trained models say about the sample world, immutable.
 *
 * @param associationTable for each stage and prompt the probabilities of the candidates, which sum to 1
 * @param samples for each row of a model that answers: what it says if it is asked many times
 * @param splits accuracy of the models that answer, by split of cities
 */
public record Evaluation(List<Association> associationTable, List<Samples> samples, List<SplitFigures> splits) {

    private static final int MAX_ANSWER_TOKENS = 24;
    private static final int SAMPLES = 200;
    private static final double SAMPLING_TEMPERATURE = 1;
    private static final long SAMPLING_SEED = 1;
    private static final String BASE = "base";
    private static final String REWARD = "reward";

    /**
     * A row of the association table.
     *
     * @param probabilities of each candidate, in the table's order
     */
    public record Association(String stage, String prompt, SequencedMap<String, Double> probabilities) {}

    /**
     * Answers drawn from a model's own distribution.
     *
     * @param inFamily how many of them are one of the landmark's names
     * @param answers how often each answer came, the most frequent first
     */
    public record Samples(
            String stage,
            String prompt,
            double temperature,
            int count,
            int inFamily,
            SequencedMap<String, Integer> answers) {}

    /**
     * Figures of one split in one kind of wordings; each map holds a share from 0 to 1 for each stage.
     *
     * @param newWordings whether the requests are worded as nothing but the evaluation words them
     * @param answerAccuracy any right answer
     * @param styleAccuracy the right answer in the register of the request; of {@code base} and {@code reward} the share
     *     of the requests where of the two right answers they find the fitting one more probable, or score it higher
     */
    public record SplitFigures(
            String split,
            boolean newWordings,
            int prompts,
            Map<String, Double> answerAccuracy,
            Map<String, Double> styleAccuracy) {}

    /**
     * Asks {@code models}, by the names of their stages; rows and figures of a stage without a model are left out.
     *
     * @param models {@code base}, {@code sft}, {@code aligned}
     * @param judge the reward model, if there is one
     */
    public static Evaluation of(
            EvaluationSet set, Map<String, TrainedModel> models, Optional<TrainedRewardModel> judge) {
        List<Association> table = new ArrayList<>();
        List<Samples> samples = new ArrayList<>();
        for (EvaluationSet.Association row : set.associations()) {
            TrainedModel model = models.get(row.stage());
            if (model != null) {
                double[] logs = row.stage().equals(BASE)
                        ? model.continuations(row.prompt() + EvaluationSet.BASE_SEPARATOR, set.candidates())
                        : model.answers(row.prompt(), set.candidates());
                table.add(new Association(row.stage(), row.prompt(), normalised(set.candidates(), logs)));
                if (!row.stage().equals(BASE)) {
                    samples.add(samples(set, row, model));
                }
            }
        }
        return new Evaluation(table, samples, splits(set, models, judge));
    }

    private static Samples samples(EvaluationSet set, EvaluationSet.Association row, TrainedModel model) {
        List<String> drawn =
                model.sampledAnswers(row.prompt(), SAMPLES, SAMPLING_TEMPERATURE, MAX_ANSWER_TOKENS, SAMPLING_SEED);
        List<String> family = set.stylePrompts().stream()
                .filter(prompt -> prompt.city().equals(set.city()))
                .findFirst()
                .map(StylePrompt::accepted)
                .orElse(List.of());
        return new Samples(
                row.stage(),
                row.prompt(),
                SAMPLING_TEMPERATURE,
                drawn.size(),
                (int) drawn.stream().filter(family::contains).count(),
                counted(drawn));
    }

    /** How often each answer came, the most frequent first. */
    static SequencedMap<String, Integer> counted(List<String> answers) {
        Map<String, Integer> counts = new TreeMap<>();
        answers.forEach(answer -> counts.merge(answer, 1, Integer::sum));
        SequencedMap<String, Integer> sorted = new LinkedHashMap<>();
        counts.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
                .forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
        return sorted;
    }

    private static List<SplitFigures> splits(
            EvaluationSet set, Map<String, TrainedModel> models, Optional<TrainedRewardModel> judge) {
        List<SplitFigures> splits = new ArrayList<>();
        for (boolean newWordings : new boolean[] {false, true}) {
            for (Split split : Split.values()) {
                splits.add(figures(split, newWordings, set.stylePrompts(split, newWordings), models, judge));
            }
        }
        return splits;
    }

    private static SplitFigures figures(
            Split split,
            boolean newWordings,
            List<StylePrompt> prompts,
            Map<String, TrainedModel> models,
            Optional<TrainedRewardModel> judge) {
        List<String> questions = prompts.stream().map(StylePrompt::prompt).toList();
        Map<String, Double> answers = new TreeMap<>();
        Map<String, Double> styles = new TreeMap<>();
        judge.ifPresent(model -> styles.put(REWARD, fitting(prompts, questions, model::scores)));
        models.forEach((stage, model) -> {
            if (stage.equals(BASE)) {
                styles.put(BASE, fitting(prompts, asRead(questions), model::continuations));
                return;
            }
            List<String> given = model.mostProbableAnswers(questions, MAX_ANSWER_TOKENS);
            int right = 0;
            int styled = 0;
            for (int i = 0; i < given.size(); i++) {
                right += prompts.get(i).accepted().contains(given.get(i)) ? 1 : 0;
                styled += prompts.get(i).styled().equals(given.get(i)) ? 1 : 0;
            }
            answers.put(stage, (double) right / given.size());
            styles.put(stage, (double) styled / given.size());
        });
        return new SplitFigures(split.id(), newWordings, prompts.size(), answers, styles);
    }

    /** The base model has seen questions with their answers on the line below, and no chat template. */
    private static List<String> asRead(List<String> questions) {
        return questions.stream().map(question -> question + "\n").toList();
    }

    /** Of how many requests, a share, the answer that fits is worth more than the other right one. */
    private static double fitting(
            List<StylePrompt> prompts, List<String> questions, BiFunction<List<String>, List<String>, double[]> worth) {
        double[] styled =
                worth.apply(questions, prompts.stream().map(StylePrompt::styled).toList());
        double[] unstyled = worth.apply(
                questions, prompts.stream().map(StylePrompt::unstyled).toList());
        return (double) IntStream.range(0, styled.length)
                        .filter(i -> styled[i] > unstyled[i])
                        .count()
                / prompts.size();
    }

    /** Probabilities that sum to 1 over the candidates. */
    static SequencedMap<String, Double> normalised(List<String> candidates, double[] logs) {
        double[] shares = shares(logs);
        SequencedMap<String, Double> probabilities = new LinkedHashMap<>();
        for (int i = 0; i < logs.length; i++) {
            probabilities.put(candidates.get(i), shares[i]);
        }
        return probabilities;
    }
}
