package io.alignstream.inference.openai.answer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.inference.LoadedModel;
import io.alignstream.inference.ResponseId;
import io.alignstream.inference.generation.Generation;
import io.alignstream.inference.openai.request.ApiException;
import io.alignstream.inference.openai.request.ResponsesRequest;
import io.alignstream.languagemodel.generation.SampledToken;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code response} and the events that build one up: a response has one message, which has one text. */
public final class ResponseJson implements AnswerJson {

    private final Head head;
    private final LogProbabilities probabilities;
    private final ResponsesRequest request;
    private final Optional<Sources> sources;
    private final String message;
    private int events;

    /**
     * The JSON of one call.
     *
     * @param sources what the answer is grounded in; empty where that was not asked for
     */
    public ResponseJson(LoadedModel model, int promptTokens, ResponsesRequest request, Optional<Sources> sources) {
        this.sources = sources;
        this.head = new Head(ResponseId.Kind.RESPONSE, model, promptTokens);
        this.probabilities = new LogProbabilities(model.tokenizer());
        this.request = request;
        this.message = "msg_" + head.id().substring("resp_".length());
    }

    @Override
    public String id() {
        return head.id();
    }

    @Override
    public ObjectNode whole(List<Answered> answers) {
        Answered answered = answers.getFirst();
        ObjectNode json = response(answered.cutOff() ? "incomplete" : "completed");
        if (answered.cutOff()) {
            json.putObject("incomplete_details").put("reason", "max_output_tokens");
        }
        json.putArray("output").add(message(answered.end().text(), answered.tokens(), answered.cutOff()));
        int tokens = Head.tokens(answers);
        ObjectNode usage = json.putObject("usage").put("input_tokens", head.promptTokens());
        usage.putObject("input_tokens_details").put("cached_tokens", 0);
        usage.put("output_tokens", tokens);
        usage.putObject("output_tokens_details").put("reasoning_tokens", 0);
        usage.put("total_tokens", head.promptTokens() + tokens);
        answered.receipt().ifPresent(receipt -> json.put("receipt", receipt));
        return json;
    }

    private ObjectNode response(String status) {
        ObjectNode json = Head.JSON
                .objectNode()
                .put("id", head.id())
                .put("object", "response")
                .put("created_at", head.created())
                .put("status", status)
                .put("model", head.model());
        json.putNull("error").putNull("incomplete_details");
        json.put("instructions", request.instructions().orElse(null));
        json.put("previous_response_id", request.previous().orElse(null));
        request.maxTokens()
                .ifPresentOrElse(most -> json.put("max_output_tokens", most), () -> json.putNull("max_output_tokens"));
        json.put("temperature", request.sampling().sampler().temperature());
        json.put("top_p", request.sampling().sampler().topP());
        json.put("parallel_tool_calls", false).put("tool_choice", "none").put("store", false);
        json.putArray("tools");
        json.putObject("metadata");
        json.putArray("output");
        json.putNull("usage");
        sources.ifPresent(known -> json.set(Sources.FIELD, known.json()));
        return head.signed(json);
    }

    private ObjectNode message(String text, List<SampledToken> tokens, boolean cutOff) {
        ObjectNode json = item(cutOff ? "incomplete" : "completed");
        ((ArrayNode) json.path("content")).add(part(text, tokens));
        return json;
    }

    private ObjectNode item(String status) {
        ObjectNode json = Head.JSON
                .objectNode()
                .put("id", message)
                .put("type", "message")
                .put("role", "assistant")
                .put("status", status);
        json.putArray("content");
        return json;
    }

    private ObjectNode part(String text, List<SampledToken> tokens) {
        ObjectNode json = Head.JSON.objectNode().put("type", "output_text").put("text", text);
        json.putArray("annotations");
        json.set("logprobs", logProbabilities(tokens));
        return json;
    }

    private ArrayNode logProbabilities(List<SampledToken> tokens) {
        return request.sampling().probabilities() ? probabilities.list(tokens) : Head.JSON.arrayNode();
    }

    @Override
    public List<Event> opening() {
        List<Event> opening = new ArrayList<>();
        for (String type : List.of("response.created", "response.in_progress")) {
            ObjectNode json = Head.JSON.objectNode();
            json.set("response", response("in_progress"));
            opening.add(event(type, json));
        }
        ObjectNode added = Head.JSON.objectNode().put("output_index", 0);
        added.set("item", item("in_progress"));
        opening.add(event("response.output_item.added", added));
        ObjectNode begun = place();
        begun.set("part", part("", List.of()));
        opening.add(event("response.content_part.added", begun));
        return opening;
    }

    @Override
    public List<Event> piece(int choice, Generation.Piece piece) {
        if (piece.text().isEmpty() && !request.sampling().probabilities()) {
            return List.of();
        }
        ObjectNode json = place().put("delta", piece.text());
        json.set("logprobs", logProbabilities(piece.tokens()));
        return List.of(event("response.output_text.delta", json));
    }

    @Override
    public List<Event> closing(int choice, Answered answered) {
        String text = answered.end().text();
        ObjectNode done = place().put("text", text);
        done.set("logprobs", logProbabilities(answered.tokens()));
        ObjectNode partDone = place();
        partDone.set("part", part(text, answered.tokens()));
        ObjectNode itemDone = Head.JSON.objectNode().put("output_index", 0);
        itemDone.set("item", message(text, answered.tokens(), answered.cutOff()));
        return List.of(
                event("response.output_text.done", done),
                event("response.content_part.done", partDone),
                event("response.output_item.done", itemDone));
    }

    @Override
    public List<Event> end(List<Answered> answers) {
        ObjectNode json = Head.JSON.objectNode();
        json.set("response", whole(answers));
        return List.of(event(answers.getFirst().cutOff() ? "response.incomplete" : "response.completed", json));
    }

    @Override
    public List<Event> failure(ApiException refused, String json) {
        ObjectNode response = response("failed");
        response.putObject("error").put("code", "server_error").put("message", refused.getMessage());
        ObjectNode failed = Head.JSON.objectNode();
        failed.set("response", response);
        return List.of(event("response.failed", failed));
    }

    private ObjectNode place() {
        return Head.JSON
                .objectNode()
                .put("item_id", message)
                .put("output_index", 0)
                .put("content_index", 0);
    }

    private Event event(String type, ObjectNode json) {
        json.put("type", type).put("sequence_number", events++);
        return new Event(Optional.of(type), json.toString());
    }
}
