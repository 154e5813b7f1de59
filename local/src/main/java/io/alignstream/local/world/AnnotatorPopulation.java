package io.alignstream.local.world;

import io.alignstream.local.world.Annotator.Taste;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * The simulated annotators of the sample world, from careful to careless, some with a taste of their own: they err and
 * disagree as people do. What one of them says of an answer is a function of the seed, the request's id, the annotator and
 * the answer. Immutable.
 */
public final class AnnotatorPopulation {

    private static final double MOST = 5;

    private static final List<Annotator> ANNOTATORS = List.of(
            new Annotator("simulated-1", 0.4, 0.005, Taste.NONE),
            new Annotator("simulated-2", 0.5, 0.01, Taste.NONE),
            new Annotator("simulated-3", 0.6, 0.01, Taste.NONE),
            new Annotator("simulated-4", 0.7, 0.01, Taste.SHORT_NAMES),
            new Annotator("simulated-5", 0.8, 0.02, Taste.NONE),
            new Annotator("simulated-6", 0.9, 0.02, Taste.EITHER_REGISTER),
            new Annotator("simulated-7", 1.0, 0.02, Taste.LONG_NAMES),
            new Annotator("simulated-8", 1.2, 0.04, Taste.NONE));

    private final ScoringRule rule;
    private final long seed;

    /** The annotators of {@code world} with a seed for their noise. */
    public AnnotatorPopulation(World world, long seed) {
        this.rule = new ScoringRule(world, Questions.load());
        this.seed = seed;
    }

    /** Who they are, the most careful first. */
    public static List<Annotator> annotators() {
        return ANNOTATORS;
    }

    /**
     * What an annotator says of some answers.
     *
     * @param order groups of indexes of answers, best first; those with the same score are tied
     * @param scores one for each answer: the points that it seemed to be worth, rounded, 0 to 5
     * @param reasons one for each answer
     */
    public record Judgement(List<List<Integer>> order, List<Double> scores, List<String> reasons) {

        public Judgement {
            order = order.stream().map(List::copyOf).toList();
            scores = List.copyOf(scores);
            reasons = List.copyOf(reasons);
        }
    }

    /**
     * What {@code annotator} says of {@code answers} to {@code prompt}; equal answers get equal scores. Empty if the prompt
     * is none of the world's: the guideline says nothing about it.
     */
    public Optional<Judgement> judge(Annotator annotator, String requestId, String prompt, List<String> answers) {
        return rule.request(prompt).map(request -> judge(annotator, requestId, request, answers));
    }

    private Judgement judge(Annotator annotator, String requestId, ScoringRule.Request request, List<String> answers) {
        Map<String, Double> scores = new HashMap<>();
        Map<String, String> reasons = new HashMap<>();
        for (String answer : answers) {
            SplittableRandom random = WorldGenerator.random(seed, requestId + "/" + annotator.id() + "/" + answer);
            double perceived = annotator.perceived(rule, request, answer, random);
            scores.put(answer, (double) Math.round(Math.clamp(perceived, 0, MOST)));
            reasons.put(answer, rule.reason(request, answer, random));
        }
        List<Double> ofEach = answers.stream().map(scores::get).toList();
        return new Judgement(
                order(ofEach), ofEach, answers.stream().map(reasons::get).toList());
    }

    private static List<List<Integer>> order(List<Double> scores) {
        TreeMap<Double, List<Integer>> byScore = new TreeMap<>(Comparator.reverseOrder());
        for (int i = 0; i < scores.size(); i++) {
            byScore.computeIfAbsent(scores.get(i), score -> new ArrayList<>()).add(i);
        }
        return List.copyOf(byScore.values());
    }
}
