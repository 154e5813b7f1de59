package io.alignstream.reward.desk;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a reviewer sees: how far people agree, by tag and by annotator, and where they do not. Of the newest {@value
 * RankingDesk#MAX_COMPARED} requests that two or more have judged, and as many gold ones.
 *
 * @param agreement about all of them
 * @param interval of its α
 * @param accuracy of the newest reward model on held-out pairs, which the agreement limits
 * @param tags the agreement by tag, those with the most requests first
 * @param annotators by name
 * @param disagreements the requests with the most different orders, the worst first
 * @param abstentions how often people could not judge, by cause
 */
public record Review(
        Agreement agreement,
        Optional<Agreement.Interval> interval,
        OptionalDouble accuracy,
        List<Tag> tags,
        List<Annotator> annotators,
        List<Disagreement> disagreements,
        Map<String, Integer> abstentions) {

    private static final int MAX_TAGS = 30;
    private static final int MAX_DISAGREEMENTS = 20;

    public Review {
        tags = List.copyOf(tags);
        annotators = List.copyOf(annotators);
        disagreements = List.copyOf(disagreements);
        abstentions = Map.copyOf(abstentions);
    }

    /** The agreement about requests with a tag, {@code name=value}. */
    public record Tag(String tag, Agreement agreement, Optional<Agreement.Interval> interval) {}

    /**
     * How one annotator judges.
     *
     * @param shared judged requests that others have judged, too
     * @param agreement part of the pairs that others order that this one orders alike; a tie counts half
     * @param gold judged gold requests
     * @param accuracy part of the pairs that gold orders that this one orders alike; a tie counts half
     */
    public record Annotator(String name, int shared, OptionalDouble agreement, int gold, OptionalDouble accuracy) {}

    /**
     * A request that people do not agree about.
     *
     * @param agreement of all pairs of its annotators, 0 to 1
     */
    public record Disagreement(
            String requestId, List<Message> messages, List<String> answers, double agreement, List<Opinion> opinions) {

        public Disagreement {
            messages = List.copyOf(messages);
            answers = List.copyOf(answers);
            opinions = List.copyOf(opinions);
        }
    }

    /** Who said what; see {@link Ranking}. */
    public record Opinion(
            String annotator,
            List<List<Integer>> order,
            List<Double> scores,
            List<String> reasons,
            String guidelineVersion) {

        static Opinion of(Ranking ranking) {
            return new Opinion(
                    ranking.annotator(),
                    ranking.order(),
                    ranking.scores(),
                    ranking.reasons(),
                    ranking.guidelineVersion());
        }
    }

    /** A request with the places that each annotator gave. */
    private record Compared(RankingRequest request, List<Ranking> rankings, List<double[]> places) {

        static Compared of(RankingDesk.Judged judged) {
            return new Compared(judged.request(), judged.rankings(), judged.places());
        }
    }

    /** What there is to see on {@code desk} now; takes up to a second, and the desk does not wait for it. */
    public static Review of(RankingDesk desk) {
        List<Compared> shared = desk.shared().stream().map(Compared::of).toList();
        List<List<double[]>> places = shared.stream().map(Compared::places).toList();
        return new Review(
                Agreement.of(places),
                Agreement.interval(places),
                desk.accuracy(),
                tags(shared),
                annotators(shared, desk.gold()),
                disagreements(shared),
                desk.progress().abstentions());
    }

    private static List<Tag> tags(List<Compared> shared) {
        Map<String, List<List<double[]>>> byTag = new TreeMap<>();
        for (Compared one : shared) {
            one.request().tags().forEach((name, value) -> byTag.computeIfAbsent(
                            name + "=" + value, tag -> new ArrayList<>())
                    .add(one.places()));
        }
        return byTag.entrySet().stream()
                .sorted(Comparator.comparing((Map.Entry<String, List<List<double[]>>> tag) ->
                        -tag.getValue().size()))
                .limit(MAX_TAGS)
                .map(tag -> new Tag(tag.getKey(), Agreement.of(tag.getValue()), Agreement.interval(tag.getValue())))
                .toList();
    }

    private static List<Annotator> annotators(List<Compared> shared, List<RankingDesk.Judged> gold) {
        Map<String, List<Double>> agreements = new TreeMap<>();
        Map<String, Integer> requests = new TreeMap<>();
        for (Compared one : shared) {
            for (int i = 0; i < one.rankings().size(); i++) {
                String name = one.rankings().get(i).annotator();
                agreements
                        .computeIfAbsent(name, any -> new ArrayList<>())
                        .addAll(Agreement.pairs(one.places(), i).boxed().toList());
                requests.merge(name, 1, Integer::sum);
            }
        }
        Map<String, List<Double>> accuracies = accuracies(gold);
        return Stream.concat(agreements.keySet().stream(), accuracies.keySet().stream())
                .collect(Collectors.toCollection(TreeSet::new))
                .stream()
                .map(name -> new Annotator(
                        name,
                        requests.getOrDefault(name, 0),
                        mean(agreements.getOrDefault(name, List.of())),
                        accuracies.getOrDefault(name, List.of()).size(),
                        mean(accuracies.getOrDefault(name, List.of()))))
                .toList();
    }

    /** Each annotator's accuracy on each gold request. */
    static Map<String, List<Double>> accuracies(List<RankingDesk.Judged> gold) {
        Map<String, List<Double>> accuracies = new TreeMap<>();
        for (RankingDesk.Judged one : gold) {
            double[] right = one.answers().places(one.request().goldOrder().orElseThrow());
            for (Ranking ranking : one.rankings()) {
                Agreement.accuracy(one.answers().places(ranking), right).ifPresent(accuracy -> accuracies
                        .computeIfAbsent(ranking.annotator(), any -> new ArrayList<>())
                        .add(accuracy));
            }
        }
        return accuracies;
    }

    private static List<Disagreement> disagreements(List<Compared> shared) {
        return shared.stream()
                .map(one -> new Disagreement(
                        one.request().requestId(),
                        one.request().messages(),
                        one.request().answers(),
                        // Who ties everything contradicts nobody.
                        Agreement.pairs(one.places()).average().orElse(1),
                        one.rankings().stream().map(Opinion::of).toList()))
                .filter(one -> one.agreement() < 1)
                .sorted(Comparator.comparingDouble(Disagreement::agreement))
                .limit(MAX_DISAGREEMENTS)
                .toList();
    }

    private static OptionalDouble mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average();
    }
}
