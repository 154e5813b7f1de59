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
import java.util.List;
import java.util.Locale;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * {@code chosen} and {@code rejected}. {@code score_chosen} and {@code score_rejected} count, halved, where both are 0 to 10.
 *
 * @param transcripts whether whole transcripts are written and not lists of turns; both are read
 */
record PreferencePairs(boolean transcripts) implements RankingFormat.Form {

    private static final String CHOSEN = "chosen";
    private static final String REJECTED = "rejected";

    /** A prompt with its answer. */
    private record Side(List<Message> prompt, String answer) {}

    @Override
    public boolean fits(ObjectNode json) {
        return json.has(CHOSEN)
                && json.has(REJECTED)
                && transcripts == (json.get(CHOSEN).isTextual() && !json.has("prompt"));
    }

    @Override
    public RankedRequest read(ObjectNode json, RankedRequest.Source source) {
        List<Message> prompt = prompt(json.get("prompt"));
        Side chosen = side(CHOSEN, json.get(CHOSEN), prompt);
        Side rejected = side(REJECTED, json.get(REJECTED), prompt);
        if (!chosen.prompt.equals(rejected.prompt)) {
            throw new InvalidInputException(Reason.of("exchange.otherPrompts"));
        }
        if (chosen.answer.strip().equals(rejected.answer.strip())) {
            throw new InvalidInputException(Reason.of("exchange.sameAnswer"));
        }
        Double better = score(json.get("score_chosen"));
        Double worse = score(json.get("score_rejected"));
        boolean scored = better != null && worse != null;
        return RankedRequest.of(
                chosen.prompt,
                List.of(
                        List.of(new Judged(chosen.answer, scored ? better : null, "")),
                        List.of(new Judged(rejected.answer, scored ? worse : null, ""))),
                source);
    }

    private static List<Message> prompt(@Nullable JsonNode json) {
        if (json == null || json.isNull()) {
            return List.of();
        }
        return json.isTextual() ? Transcript.read(json.textValue()) : turns("prompt", json);
    }

    private static Side side(String field, @Nullable JsonNode json, List<Message> prompt) {
        if (json != null && json.isTextual()) {
            return side(field, json.textValue(), prompt);
        }
        List<JsonNode> turns = json == null
                ? List.of()
                : StreamSupport.stream(json.spliterator(), false).toList();
        if (turns.isEmpty() || role(field, turns.getLast()) != Message.Role.ASSISTANT) {
            throw new InvalidInputException(Reason.of("exchange.noAnswer").with("field", field));
        }
        return side(
                turns(field, turns.subList(0, turns.size() - 1)),
                turns.getLast().path("content").asText(""),
                prompt);
    }

    private static Side side(String field, String text, List<Message> prompt) {
        if (!Transcript.is(text)) {
            if (prompt.isEmpty()) {
                throw new InvalidInputException(Reason.of("exchange.noPrompt").with("field", field));
            }
            return new Side(prompt, text);
        }
        List<Message> turns = Transcript.read(text);
        if (turns.isEmpty() || turns.getLast().role() != Message.Role.ASSISTANT) {
            throw new InvalidInputException(Reason.of("exchange.noAnswer").with("field", field));
        }
        return side(turns.subList(0, turns.size() - 1), turns.getLast().content(), prompt);
    }

    /** {@code before} are all that was said before the answer, or only what follows the prompt. An answer may be empty, a turn before it may not. */
    private static Side side(List<Message> before, String answer, List<Message> prompt) {
        boolean whole = before.size() >= prompt.size()
                && before.subList(0, prompt.size()).equals(prompt);
        List<Message> said = new ArrayList<>(whole ? List.of() : prompt);
        said.addAll(before);
        return new Side(List.copyOf(said), answer);
    }

    private static List<Message> turns(String field, Iterable<JsonNode> json) {
        List<Message> turns = new ArrayList<>();
        for (JsonNode turn : json) {
            turns.add(new Message(role(field, turn), turn.path("content").asText("")));
        }
        return turns;
    }

    private static Message.Role role(String field, JsonNode turn) {
        return switch (turn.path("role").asText("")) {
            case "system" -> Message.Role.SYSTEM;
            case "user" -> Message.Role.USER;
            case "assistant" -> Message.Role.ASSISTANT;
            case String other ->
                throw new InvalidInputException(
                        Reason.of("exchange.role").with("field", field).with("role", other));
        };
    }

    private static @Nullable Double score(@Nullable JsonNode json) {
        return json != null && json.isNumber() && json.doubleValue() >= 0 && json.doubleValue() <= 2 * Ranking.MAX_SCORE
                ? json.doubleValue() / 2
                : null;
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
        if (!scores.isEmpty()) {
            json.put("score_chosen", 2 * scores.get(better));
            json.put("score_rejected", 2 * scores.get(worse));
        }
        return json.put("annotator", ranked.ranking().annotator());
    }

    private static void add(ArrayNode turns, Message.Role role, String content) {
        turns.addObject().put("role", role.name().toLowerCase(Locale.ROOT)).put("content", content);
    }

    private static String transcript(RankingRequest request, int answer) {
        List<Message> turns = new ArrayList<>(request.messages());
        turns.add(Message.assistant(request.answers().get(answer)));
        return Transcript.write(turns);
    }
}
