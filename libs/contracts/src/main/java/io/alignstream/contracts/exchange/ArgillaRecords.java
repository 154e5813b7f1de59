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
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Argilla's records: fields with what was asked and what was answered, and what each annotator has submitted of them. That is
 * an order of the answers' fields, or a rating of each in a question {@code FIELD-rating}. Drafts, discarded responses and
 * suggestions of models are no judgements and are not read.
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
    public List<RankedRequest> read(ObjectNode json, RankedRequest.Source source) {
        ObjectNode fields = ElementFields.unpacked(json.get(FIELDS)) instanceof ObjectNode nested ? nested : json;
        SequencedMap<String, List<Response>> byUser = new LinkedHashMap<>();
        responses(json).forEach(response -> byUser.computeIfAbsent(response.user, any -> new ArrayList<>())
                .add(response));
        List<RankedRequest> ranked = new ArrayList<>();
        byUser.forEach((user, responses) -> groups(fields, responses)
                .ifPresent(groups -> ranked.add(RankedRequest.of(
                        PromptFields.withSystem(fields, PromptFields.read(fields)),
                        groups,
                        RankedRequest.Source.imported(
                                user.isBlank() ? source.annotator() : source.annotator() + "/" + user)))));
        if (ranked.isEmpty()) {
            throw new InvalidInputException(Reason.of("exchange.notSubmitted"));
        }
        return List.copyOf(ranked);
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
    private static Optional<List<List<Judged>>> groups(ObjectNode fields, List<Response> responses) {
        Map<String, String> answers = new TreeMap<>();
        fields.properties().forEach(field -> answers.put(plain(field.getKey()), field.getKey()));
        Optional<List<List<Judged>>> ordered = responses.stream()
                .map(response -> ranks(response.value))
                .filter(ranks ->
                        ranks.size() > 1 && ranks.keySet().stream().allMatch(name -> answers.containsKey(plain(name))))
                .map(ranks -> ordered(fields, answers, ranks))
                .findFirst();
        return ordered.or(() -> rated(fields, answers, responses));
    }

    /** The names that {@code value} lists with their ranks. */
    private static SequencedMap<String, Double> ranks(JsonNode value) {
        SequencedMap<String, Double> ranks = new LinkedHashMap<>();
        JsonNode names = value.isObject() ? value.path(VALUE) : value;
        for (int i = 0; names.isArray() && i < names.size(); i++) {
            JsonNode each = names.get(i);
            JsonNode rank = value.isObject() ? value.path(RANK).path(i) : each.path(RANK);
            ranks.put(
                    (each.isObject() ? each.path(VALUE) : each).asText(""),
                    ElementFields.number(rank).orElse(i + 1));
        }
        return ranks;
    }

    private static List<List<Judged>> ordered(
            ObjectNode fields, Map<String, String> answers, SequencedMap<String, Double> ranks) {
        TreeMap<Double, List<Judged>> groups = new TreeMap<>();
        ranks.forEach((name, rank) -> groups.computeIfAbsent(rank, any -> new ArrayList<>())
                .add(Judged.of(ElementFields.said(fields, answers.getOrDefault(plain(name), name)))));
        return List.copyOf(groups.values());
    }

    private static Optional<List<List<Judged>>> rated(
            ObjectNode fields, Map<String, String> answers, List<Response> responses) {
        TreeMap<Double, List<Judged>> groups = new TreeMap<>(Comparator.reverseOrder());
        for (Response response : responses) {
            String question = plain(response.question);
            String answer = question.endsWith(RATING)
                    ? answers.get(question.substring(0, question.length() - RATING.length()))
                    : null;
            OptionalDouble rating = ElementFields.number(response.value);
            if (answer != null && rating.isPresent()) {
                double score = rating.getAsDouble();
                boolean onOurScale = score >= Ranking.MIN_SCORE && score <= Ranking.MAX_SCORE;
                groups.computeIfAbsent(score, any -> new ArrayList<>())
                        .add(new Judged(ElementFields.said(fields, answer), onOurScale ? score : null, ""));
            }
        }
        boolean compares = groups.values().stream().mapToInt(List::size).sum() > 1;
        return compares ? Optional.of(List.copyOf(groups.values())) : Optional.empty();
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
