package io.alignstream.reward.desk;

import io.alignstream.contracts.Ranking;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * Which answers of a request are one answer: those that read alike to the letter, which nobody can put into an
 * order. Case, indentation and characters such as ² are what answers may differ by.
 *
 * @param groups indexes of equal answers, each index once, in the order of the groups' first answers
 */
public record DistinctAnswers(List<List<Integer>> groups) {

    public DistinctAnswers {
        groups = groups.stream().map(List::copyOf).toList();
    }

    /** The groups of {@code answers}. */
    public static DistinctAnswers of(List<String> answers) {
        SequencedMap<String, List<Integer>> byText = new LinkedHashMap<>();
        for (int i = 0; i < answers.size(); i++) {
            byText.computeIfAbsent(asRead(answers.get(i)), text -> new ArrayList<>())
                    .add(i);
        }
        return new DistinctAnswers(List.copyOf(byText.values()));
    }

    /** What a reader sees of an answer: two that are alike here are one. */
    public static String asRead(String answer) {
        return Normalizer.normalize(answer, Normalizer.Form.NFC)
                .replace("\r\n", "\n")
                .replaceAll("[ \\t]+\n", "\n")
                .strip();
    }

    /** Number of different answers. */
    public int count() {
        return groups.size();
    }

    /** Whether {@code ranking} ties answers that are the same. */
    boolean areTiedIn(Ranking ranking) {
        return groups.stream().allMatch(same -> ranking.order().stream().anyMatch(tied -> tied.containsAll(same)));
    }

    /** Whether {@code order}, groups of tied answer indexes, puts one answer before another that is different. */
    public boolean areApartIn(List<List<Integer>> order) {
        return Arrays.stream(places(order)).distinct().count() > 1;
    }

    /**
     * The place of each different answer in {@code ranking}, 1 the best; tied ones share the mean of the places that they
     * take, so that the sum of the places is the same for every ranking.
     */
    double[] places(Ranking ranking) {
        return places(ranking.order());
    }

    /** The place of each different answer in {@code order}, groups of tied answer indexes, best first. */
    double[] places(List<List<Integer>> order) {
        double[] places = new double[count()];
        double before = 0;
        for (List<Integer> tied : order) {
            List<Integer> members = new ArrayList<>();
            for (int group = 0; group < count(); group++) {
                if (tied.contains(groups.get(group).getFirst())) {
                    members.add(group);
                }
            }
            for (int group : members) {
                places[group] = before + (members.size() + 1) / 2.0;
            }
            before += members.size();
        }
        return places;
    }
}
