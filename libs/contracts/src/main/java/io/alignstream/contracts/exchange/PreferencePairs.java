package io.alignstream.contracts.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.exchange.RankedRequest.Judged;
import io.alignstream.contracts.messages.Reason;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * {@code chosen} and {@code rejected}, texts, transcripts or turns. {@code score_chosen} and {@code score_rejected} count,
 * halved, where both are 0 to 10, ratings under the names of others where both are 0 to 5. Where the rejected one has the
 * higher score, nobody can say which of the two is meant, and there is no pair.
 *
 * @param transcripts whether whole transcripts are written and not lists of turns; both are read
 */
record PreferencePairs(boolean transcripts) implements RankingFormat.Form {

    private static final String CHOSEN = "chosen";
    private static final String REJECTED = "rejected";

    /** As UltraFeedback's binarised datasets have them, and Argilla's. */
    private static final List<ScoreNames> SCORES = List.of(
            new ScoreNames("score_chosen", "score_rejected", 2 * Ranking.MAX_SCORE),
            new ScoreNames("rating_chosen", "rating_rejected", Ranking.MAX_SCORE),
            new ScoreNames("chosen_rating", "rejected_rating", Ranking.MAX_SCORE),
            new ScoreNames("chosen-rating", "rejected-rating", Ranking.MAX_SCORE));

    private record ScoreNames(String chosen, String rejected, double most) {}

    /** A prompt with its answer. */
    private record Side(List<Message> prompt, String answer) {}

    @Override
    public boolean fits(ObjectNode json) {
        return json.has(CHOSEN)
                && json.has(REJECTED)
                && transcripts
                        == (!json.has("prompt")
                                && Transcript.is(json.path(CHOSEN).asText("")));
    }

    @Override
    public List<RankedRequest> read(ObjectNode json, RankedRequest.Source source, Consumer<Reason> remarks) {
        List<Message> prompt = PromptFields.read(json);
        Side chosen = side(CHOSEN, json, prompt);
        Side rejected = side(REJECTED, json, prompt);
        if (!chosen.prompt.equals(rejected.prompt)) {
            throw new InvalidInputException(Reason.of("exchange.otherPrompts"));
        }
        if (chosen.answer.strip().equals(rejected.answer.strip())) {
            throw new InvalidInputException(Reason.of("exchange.sameAnswer"));
        }
        SCORES.forEach(names -> requireOrder(json, names));
        Optional<List<Double>> scores = SCORES.stream()
                .map(names -> scores(json, names))
                .flatMap(Optional::stream)
                .findFirst();
        return List.of(RankedRequest.of(
                PromptFields.withSystem(json, chosen.prompt),
                List.of(
                        List.of(new Judged(
                                chosen.answer, scores.map(List::getFirst).orElse(null), "")),
                        List.of(new Judged(
                                rejected.answer, scores.map(List::getLast).orElse(null), ""))),
                source));
    }

    private static Side side(String field, ObjectNode json, List<Message> prompt) {
        Optional<List<JsonNode>> listed = ElementFields.turns(json.get(field));
        if (listed.isEmpty()) {
            String text = ElementFields.said(json, field);
            return Transcript.is(text) ? transcript(field, text, prompt) : side(field, List.of(), text, prompt);
        }
        List<JsonNode> turns = listed.get();
        String last = field + "[" + (turns.size() - 1) + "]";
        if (turns.isEmpty() || ListOfTurns.role(last, turns.getLast()) != Message.Role.ASSISTANT) {
            throw noAnswer(field);
        }
        String answer = ListOfTurns.content(last, turns.getLast())
                .orElseThrow(() -> noAnswer(field)); // it may be empty, though
        return side(field, PromptFields.turns(field, turns.subList(0, turns.size() - 1)), answer, prompt);
    }

    private static Side transcript(String field, String text, List<Message> prompt) {
        List<Message> turns = Transcript.read(text);
        boolean asks = turns.isEmpty() || turns.getLast().role() != Message.Role.ASSISTANT;
        if (asks && Transcript.endsBeforeAnswer(text)) {
            return side(field, turns, "", prompt); // a bad answer like others
        }
        if (asks) {
            throw noAnswer(field);
        }
        return side(field, turns.subList(0, turns.size() - 1), turns.getLast().content(), prompt);
    }

    /** {@code before} are all that was said before the answer, or only what follows the prompt. */
    private static Side side(String field, List<Message> before, String answer, List<Message> prompt) {
        if (before.isEmpty() && prompt.isEmpty()) {
            throw new InvalidInputException(Reason.of("exchange.noPrompt").with("field", field));
        }
        if (Collections.indexOfSubList(stripped(before), stripped(prompt)) >= 0) {
            return new Side(before, answer);
        }
        if (!before.isEmpty() && before.getFirst().role() != Message.Role.ASSISTANT) {
            throw new InvalidInputException(Reason.of("exchange.notThePrompt").with("field", field));
        }
        return new Side(Stream.concat(prompt.stream(), before.stream()).toList(), answer);
    }

    private static List<Message> stripped(List<Message> messages) {
        return messages.stream()
                .map(message -> new Message(message.role(), message.content().strip()))
                .toList();
    }

    private static InvalidInputException noAnswer(String field) {
        return new InvalidInputException(Reason.of("exchange.noAnswer").with("field", field));
    }

    private static void requireOrder(ObjectNode json, ScoreNames names) {
        OptionalDouble chosen = ElementFields.number(json.path(names.chosen));
        OptionalDouble rejected = ElementFields.number(json.path(names.rejected));
        if (chosen.isPresent() && rejected.isPresent() && chosen.getAsDouble() < rejected.getAsDouble()) {
            throw new InvalidInputException(Reason.of("exchange.contradicted")
                    .with("better", names.chosen)
                    .with("lower", chosen.getAsDouble())
                    .with("worse", names.rejected)
                    .with("higher", rejected.getAsDouble()));
        }
    }

    /** The scores of both, 0 to 5, if both are on their scale. */
    private static Optional<List<Double>> scores(ObjectNode json, ScoreNames names) {
        List<Double> scores = Stream.of(names.chosen, names.rejected)
                .map(name -> ElementFields.number(json.path(name)))
                .flatMap(score -> score.stream().boxed())
                .map(score -> score * Ranking.MAX_SCORE / names.most)
                .filter(score -> score >= Ranking.MIN_SCORE && score <= Ranking.MAX_SCORE)
                .toList();
        return scores.size() == 2 ? Optional.of(scores) : Optional.empty();
    }

    @Override
    public List<ObjectNode> write(RankedRequest ranked) {
        List<ObjectNode> pairs = new ArrayList<>();
        List<List<Integer>> order = ranked.ranking().order();
        for (int group = 0; group < order.size(); group++) {
            for (int better : order.get(group)) {
                order.subList(group + 1, order.size()).stream()
                        .flatMap(List::stream)
                        .forEach(worse -> pairs.add(pair(ranked, better, worse)));
            }
        }
        if (pairs.isEmpty()) {
            throw new InvalidInputException(Reason.of("exchange.noPair"));
        }
        return pairs;
    }

    private ObjectNode pair(RankedRequest ranked, int better, int worse) {
        RankingRequest request = ranked.request();
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        if (transcripts) {
            json.put(CHOSEN, transcript(request, better));
            json.put(REJECTED, transcript(request, worse));
            return json;
        }
        ArrayNode prompt = json.putArray("prompt");
        request.messages().forEach(message -> add(prompt, message.role(), message.content()));
        add(json.putArray(CHOSEN), Message.Role.ASSISTANT, request.answers().get(better));
        add(json.putArray(REJECTED), Message.Role.ASSISTANT, request.answers().get(worse));
        List<Double> scores = ranked.ranking().scores();
        if (!scores.isEmpty() && scores.get(better) >= scores.get(worse)) { // others believe the order alone
            json.put("score_chosen", 2 * scores.get(better));
            json.put("score_rejected", 2 * scores.get(worse));
        }
        return json.put("annotator", ranked.ranking().annotator());
    }

    private static void add(ArrayNode turns, Message.Role role, String content) {
        turns.addObject().put("role", role.name().toLowerCase(Locale.ROOT)).put("content", content);
    }

    private static String transcript(RankingRequest request, int answer) {
        return Transcript.write(request.messages(), request.answers().get(answer));
    }
}
