package io.alignstream.contracts.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.exchange.RankedRequest.Judged;
import io.alignstream.contracts.messages.Reason;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Argilla's records: fields with what was asked and what was answered, and what each annotator has submitted of them. That is
 * an order of the answers' fields, or a rating of each in a question {@code FIELD-rating}. Drafts, discarded responses and
 * suggestions of models are no judgements and are not read. Who has judged only some of the answers has judged those; that, and
 * orders that are none, are remarked.
 *
 * <p>Read are the records as Argilla 2 has them ({@code fields} and {@code responses}), the columns that it makes of them
 * ({@code QUESTION.responses}, {@code .users}, {@code .status}), and Argilla 1's columns ({@code QUESTION}, a list with {@code
 * user_id}, {@code value}, {@code status}). Written are records of Argilla 2, of which annotators are known by a number.
 */
final class ArgillaRecords implements RankingFormat.Form {

    private static final String FIELDS = "fields";
    private static final String RESPONSES = "responses";
    private static final String COLUMN = ".responses";
    private static final String SUGGESTION = "-suggestion";
    private static final String VALUE = "value";
    private static final String RANK = "rank";
    private static final String USER = "user_id";
    private static final String STATUS = "status";
    private static final String SUBMITTED = "submitted";
    private static final String RATING = "rating";

    /** What one annotator has said to one question. */
    private record Response(String question, String user, JsonNode value) {}

    /**
     * What one annotator has judged.
     *
     * @param answers the names of their fields
     * @param groups best first
     */
    private record Judgement(Set<String> answers, List<List<Judged>> groups) {}

    @Override
    public boolean fits(ObjectNode json) {
        return ElementFields.unpacked(json.get(FIELDS)).isObject()
                        && ElementFields.unpacked(json.get(RESPONSES)).isObject()
                || json.properties().stream()
                        .anyMatch(field -> field.getKey().endsWith(COLUMN)
                                || json.has(field.getKey() + SUGGESTION)
                                || field.getValue().path(0).has(USER));
    }

    @Override
    public List<RankedRequest> read(ObjectNode json, RankedRequest.Source source, Consumer<Reason> remarks) {
        ObjectNode fields = ElementFields.unpacked(json.get(FIELDS)) instanceof ObjectNode nested ? nested : json;
        SequencedMap<String, List<Response>> byUser = new LinkedHashMap<>();
        responses(json).forEach(response -> byUser.computeIfAbsent(response.user, any -> new ArrayList<>())
                .add(response));
        SequencedMap<String, Judgement> judgements = new LinkedHashMap<>();
        byUser.forEach((user, responses) ->
                judgement(fields, responses, remarks).ifPresent(judgement -> judgements.put(user, judgement)));
        if (judgements.isEmpty()) {
            throw new InvalidInputException(Reason.of("exchange.notSubmitted"));
        }
        Set<String> answers = answers(fields, judgements.values());
        List<RankedRequest> ranked = new ArrayList<>();
        judgements.forEach((user, judgement) -> {
            if (judgement.answers.size() < answers.size()) {
                remarks.accept(Reason.of("exchange.incomplete")
                        .with("annotator", user)
                        .with("judged", judgement.answers.size())
                        .with("answers", answers.size()));
            }
            ranked.add(RankedRequest.of(
                    PromptFields.withSystem(fields, PromptFields.read(fields)),
                    judgement.groups,
                    RankedRequest.Source.imported(
                            user.isBlank() ? source.annotator() : source.annotator() + "/" + user)));
        });
        return List.copyOf(ranked);
    }

    /** The fields that anybody has judged, and those that are numbered as they are. */
    private static Set<String> answers(ObjectNode fields, Collection<Judgement> judgements) {
        Set<String> answers = judgements.stream()
                .flatMap(judgement -> judgement.answers.stream())
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> numbered = answers.stream()
                .filter(name -> !series(name).equals(plain(name)))
                .map(ArgillaRecords::series)
                .collect(Collectors.toSet());
        fields.properties().stream()
                .filter(field -> field.getValue().isValueNode() && !ElementFields.isNothing(field.getValue()))
                .map(Map.Entry::getKey)
                .filter(name -> !series(name).equals(plain(name)) && numbered.contains(series(name)))
                .forEach(answers::add);
        return answers;
    }

    /** A name without the number at its end. */
    private static String series(String name) {
        return plain(name).replaceFirst("\\d+$", "");
    }

    private static List<Response> responses(ObjectNode json) {
        List<Response> responses = new ArrayList<>();
        ElementFields.unpacked(json.get(RESPONSES)).properties().forEach(question -> question.getValue()
                .forEach(each -> take(question.getKey(), each, responses)));
        json.properties().forEach(column -> {
            String name = column.getKey();
            JsonNode listed = ElementFields.unpacked(column.getValue());
            if (name.endsWith(COLUMN)) {
                JsonNode users = ElementFields.unpacked(json.get(name + ".users"));
                JsonNode status = ElementFields.unpacked(json.get(name + ".status"));
                String question = name.substring(0, name.length() - COLUMN.length());
                for (int i = 0; i < listed.size(); i++) {
                    take(question, users.path(i), status.path(i), listed.path(i), responses);
                }
            } else if (listed.path(0).has(USER)) {
                listed.forEach(each -> take(name, each, responses));
            }
        });
        return responses;
    }

    private static void take(String question, JsonNode json, List<Response> responses) {
        take(question, json.path(USER), json.path(STATUS), json.path(VALUE), responses);
    }

    /** Records that are exported without a status hold what was submitted. */
    private static void take(
            String question, JsonNode user, JsonNode status, JsonNode value, List<Response> responses) {
        if (status.asText(SUBMITTED).equals(SUBMITTED) && !value.isNull() && !value.isMissingNode()) {
            responses.add(new Response(question, user.asText(""), value));
        }
    }

    /** What an annotator has ordered, or rated; empty if all that was asked was something else. */
    private static Optional<Judgement> judgement(
            ObjectNode fields, List<Response> responses, Consumer<Reason> remarks) {
        Map<String, String> answers = new TreeMap<>();
        fields.properties().forEach(field -> answers.put(plain(field.getKey()), field.getKey()));
        Judgement first = null;
        for (Response response : responses) {
            List<Rank> ranks = ranks(response.value);
            if (ranks.stream().noneMatch(rank -> rank.isGiven() || answers.containsKey(plain(rank.name)))) {
                continue; // another question
            }
            Optional<Judgement> ordered = ordered(fields, answers, ranks);
            if (ordered.isEmpty() || first != null) {
                remarks.accept(Reason.of(ordered.isEmpty() ? "exchange.noOrder" : "exchange.otherOrder")
                        .with("annotator", response.user)
                        .with("question", response.question));
            } else {
                first = ordered.get();
            }
        }
        return Optional.ofNullable(first).or(() -> rated(fields, answers, responses));
    }

    /**
     * An answer's place.
     *
     * @param rank 1 for the best; missing where the place in the list is meant
     */
    private record Rank(String name, JsonNode rank) {

        boolean isGiven() {
            return !ElementFields.isNothing(rank);
        }
    }

    /** What {@code value} lists, with ranks where there are some. */
    private static List<Rank> ranks(JsonNode value) {
        List<Rank> ranks = new ArrayList<>();
        JsonNode names = value.isObject() ? value.path(VALUE) : value;
        for (int i = 0; names.isArray() && i < names.size(); i++) {
            JsonNode each = names.get(i);
            ranks.add(new Rank(
                    (each.isObject() ? each.path(VALUE) : each).asText(""),
                    value.isObject() ? value.path(RANK).path(i) : each.path(RANK)));
        }
        return ranks;
    }

    /** The order; empty if it is none of two or more fields, each of them once and with a number, or all without. */
    private static Optional<Judgement> ordered(ObjectNode fields, Map<String, String> answers, List<Rank> ranks) {
        TreeMap<Double, List<Judged>> groups = new TreeMap<>();
        Set<String> named = new TreeSet<>();
        for (Rank each : ranks) {
            String field = answers.get(plain(each.name));
            OptionalDouble rank = each.isGiven() ? ElementFields.number(each.rank) : OptionalDouble.of(named.size());
            if (field == null
                    || rank.isEmpty()
                    || each.isGiven() != ranks.getFirst().isGiven()
                    || !named.add(field)) {
                return Optional.empty();
            }
            groups.computeIfAbsent(rank.getAsDouble(), any -> new ArrayList<>())
                    .add(Judged.of(ElementFields.said(fields, field)));
        }
        return named.size() < 2 ? Optional.empty() : Optional.of(new Judgement(named, List.copyOf(groups.values())));
    }

    private static Optional<Judgement> rated(ObjectNode fields, Map<String, String> answers, List<Response> responses) {
        TreeMap<Double, List<Judged>> groups = new TreeMap<>(Comparator.reverseOrder());
        Set<String> named = new TreeSet<>();
        for (Response response : responses) {
            String question = plain(response.question);
            String answer = question.endsWith(RATING)
                    ? answers.get(question.substring(0, question.length() - RATING.length()))
                    : null;
            OptionalDouble rating = ElementFields.number(response.value);
            if (answer != null && rating.isPresent() && named.add(answer)) {
                double score = rating.getAsDouble();
                boolean onOurScale = score >= Ranking.MIN_SCORE && score <= Ranking.MAX_SCORE;
                groups.computeIfAbsent(score, any -> new ArrayList<>())
                        .add(new Judged(ElementFields.said(fields, answer), onOurScale ? score : null, ""));
            }
        }
        return named.size() < 2 ? Optional.empty() : Optional.of(new Judgement(named, List.copyOf(groups.values())));
    }

    /** Options are called {@code response-1} where the field is {@code response1} or {@code response_1}. */
    private static String plain(String name) {
        return name.replaceAll("[-_. ]", "").toLowerCase(Locale.ROOT);
    }

    @Override
    public List<ObjectNode> write(RankedRequest ranked) {
        RankingRequest request = ranked.request();
        Ranking ranking = ranked.ranking();
        if (ranking.order().size() < request.answers().size()) {
            throw new InvalidInputException(Reason.of("exchange.tied"));
        }
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("id", request.requestId());
        ObjectNode fields = json.putObject(FIELDS).put("prompt", Transcript.prompt(request.messages()));
        for (int i = 0; i < request.answers().size(); i++) {
            fields.put(name(i), request.answers().get(i));
        }
        ObjectNode response = json.putObject(RESPONSES).putArray("preference").addObject();
        ArrayNode order = response.putArray(VALUE);
        ranking.order().forEach(group -> order.add(name(group.getFirst())));
        response.put(
                USER,
                UUID.nameUUIDFromBytes(ranking.annotator().getBytes(StandardCharsets.UTF_8))
                        .toString());
        response.put(STATUS, SUBMITTED);
        json.putObject("metadata").put("annotator", ranking.annotator());
        return List.of(json);
    }

    private static String name(int answer) {
        return "response-" + (answer + 1);
    }
}
