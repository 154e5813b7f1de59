package io.alignstream.contracts.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.exchange.RankedRequest.Judged;
import io.alignstream.contracts.messages.Reason;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;

/**
 * {@code instruction} and {@code completions}, each a {@code response} with {@code overall_score} (0 to 10; halved), or else
 * with {@code fine-grained_score} or the ratings of its aspects, of which the mean counts (0 to 5); or {@code generations}
 * beside their {@code ratings} (0 to 5) and {@code rationales}. Equal scores are ties, of equal responses the first one counts,
 * and {@code critique} is the reason. A {@code rank} that is given besides, 1 for the best, must not say otherwise.
 */
final class RatedCompletions implements RankingFormat.Form {

    private static final String COMPLETIONS = "completions";
    private static final String GENERATIONS = "generations";
    private static final String RESPONSE = "response";
    private static final String RATING = "rating";
    private static final String RANK = "rank";
    private static final String CRITIQUE = "critique";
    private static final int MOST_REASON = 2_000;

    /** The best scale that all completions have is used. */
    private static final List<Function<JsonNode, OptionalDouble>> SCALES = List.of(
            completion -> halved(ElementFields.number(completion.path("overall_score"))),
            completion -> ElementFields.number(completion.path("fine-grained_score")),
            completion -> ElementFields.number(completion.path(RATING)),
            completion -> StreamSupport.stream(completion.path("annotations").spliterator(), false)
                    .map(aspect -> ElementFields.number(aspect.path("Rating"))) // a text there, sometimes N/A
                    .flatMapToDouble(OptionalDouble::stream)
                    .average());

    @Override
    public boolean fits(ObjectNode json) {
        return ElementFields.unpacked(json.get(COMPLETIONS)).isArray()
                || json.has(GENERATIONS) && (json.has("ratings") || json.has(RATING));
    }

    @Override
    public List<RankedRequest> read(ObjectNode json, RankedRequest.Source source, Consumer<Reason> remarks) {
        SequencedMap<String, JsonNode> completions = new LinkedHashMap<>();
        completions(json).forEach(completion -> {
            if (completions.putIfAbsent(ElementFields.said(completion, RESPONSE), completion) != null) {
                remarks.accept(Reason.of("exchange.sameResponse"));
            }
        });
        Function<JsonNode, OptionalDouble> scale = SCALES.stream()
                .filter(candidate -> completions.values().stream()
                        .allMatch(each -> candidate.apply(each).isPresent()))
                .findFirst()
                .orElseThrow(() -> new InvalidInputException(Reason.of("exchange.notRated")));
        TreeMap<Double, List<Judged>> groups = new TreeMap<>(Comparator.reverseOrder());
        requireOrder(completions.values(), scale);
        completions.forEach((response, completion) -> {
            double score = scale.apply(completion).orElseThrow();
            groups.computeIfAbsent(score, any -> new ArrayList<>())
                    .add(new Judged(response, score, reason(completion)));
        });
        return List.of(RankedRequest.of(
                PromptFields.withSystem(json, PromptFields.read(json)), List.copyOf(groups.values()), source));
    }

    private static void requireOrder(Collection<JsonNode> completions, Function<JsonNode, OptionalDouble> scale) {
        for (JsonNode one : completions) {
            for (JsonNode other : completions) {
                OptionalDouble rank = ElementFields.number(one.path(RANK));
                OptionalDouble lowerRank = ElementFields.number(other.path(RANK));
                double score = scale.apply(one).orElseThrow();
                double higherScore = scale.apply(other).orElseThrow();
                if (rank.isPresent()
                        && lowerRank.isPresent()
                        && rank.getAsDouble() < lowerRank.getAsDouble()
                        && score < higherScore) {
                    throw new InvalidInputException(Reason.of("exchange.contradicted")
                            .with("better", "rank " + one.path(RANK).asText())
                            .with("lower", score)
                            .with("worse", "rank " + other.path(RANK).asText())
                            .with("higher", higherScore));
                }
            }
        }
    }

    /** Lists beside each other are put together. */
    private static List<JsonNode> completions(ObjectNode json) {
        if (json.has(COMPLETIONS)) {
            return ElementFields.list(json, COMPLETIONS);
        }
        List<JsonNode> responses = ElementFields.list(json, GENERATIONS);
        List<JsonNode> ratings = ElementFields.list(json, json.has("ratings") ? "ratings" : RATING);
        List<JsonNode> reasons = ElementFields.list(json, "rationales");
        List<JsonNode> ranks = ElementFields.list(json, "ranks");
        if (ratings.size() != responses.size()) {
            throw new InvalidInputException(Reason.of("exchange.notRated"));
        }
        return IntStream.range(0, responses.size())
                .<JsonNode>mapToObj(i -> {
                    ObjectNode completion = JsonNodeFactory.instance.objectNode();
                    completion.set(RESPONSE, responses.get(i));
                    completion.set(RATING, ratings.get(i));
                    if (ranks.size() == responses.size()) {
                        completion.set(RANK, ranks.get(i));
                    }
                    return i < reasons.size() ? completion.set(CRITIQUE, reasons.get(i)) : completion;
                })
                .toList();
    }

    private static OptionalDouble halved(OptionalDouble score) {
        return score.isPresent() ? OptionalDouble.of(score.getAsDouble() / 2) : score;
    }

    private static String reason(JsonNode completion) {
        String critique = completion.path(CRITIQUE).asText("").strip();
        int end = Math.min(critique.length(), MOST_REASON);
        boolean splits = end > 0 && Character.isHighSurrogate(critique.charAt(end - 1));
        return critique.substring(0, splits ? end - 1 : end);
    }

    @Override
    public List<ObjectNode> write(RankedRequest ranked) {
        Ranking ranking = ranked.ranking();
        List<Double> scores = ranking.scores();
        if (scores.isEmpty()
                || !groups(scores)
                        .equals(ranking.order().stream().map(Set::copyOf).toList())) {
            throw new InvalidInputException(Reason.of("exchange.notByScores"));
        }
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("instruction", Transcript.prompt(ranked.request().messages()));
        ArrayNode completions = json.putArray(COMPLETIONS);
        for (int i = 0; i < scores.size(); i++) {
            ObjectNode completion = completions.addObject();
            completion.put(RESPONSE, ranked.request().answers().get(i));
            completion.put("overall_score", 2 * scores.get(i));
            if (!ranking.reasons().isEmpty()) {
                completion.put(CRITIQUE, ranking.reasons().get(i));
            }
        }
        return List.of(json.put("annotator", ranking.annotator()));
    }

    private static List<Set<Integer>> groups(List<Double> scores) {
        TreeMap<Double, Set<Integer>> groups = new TreeMap<>(Comparator.reverseOrder());
        for (int i = 0; i < scores.size(); i++) {
            groups.computeIfAbsent(scores.get(i), any -> new HashSet<>()).add(i);
        }
        return List.copyOf(groups.values());
    }
}
