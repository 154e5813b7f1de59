package io.alignstream.inference.openai.answer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.inference.LoadedModel;
import io.alignstream.inference.ResponseId;
import io.alignstream.inference.generation.Generation;
import io.alignstream.inference.openai.request.ApiException;
import io.alignstream.inference.openai.request.ResponsesRequest;
import io.alignstream.inference.openai.request.ToolCalls;
import io.alignstream.languagemodel.generation.SampledToken;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * {@code response} and the events that build one up: a response has one message, which has one text, or calls of tools, or the
 * calls behind the message.
 */
public final class ResponseJson implements AnswerJson {

    private final Head head;
    private final LogProbabilities probabilities;
    private final ResponsesRequest request;
    private final CallReader reader;
    private final Optional<Sources> sources;
    private final String message;
    private int events;
    /** Whether the message was announced. */
    private boolean open;
    /** Of the calls that were announced. */
    private final List<String> ids = new ArrayList<>();

    /**
     * The JSON of one call.
     *
     * @param calls of tools that the answer may hold
     * @param sources what the answer is grounded in; empty where that was not asked for
     */
    public ResponseJson(
            LoadedModel model,
            int promptTokens,
            ResponsesRequest request,
            Optional<ToolCalls> calls,
            Optional<Sources> sources) {
        this.sources = sources;
        this.head = new Head(ResponseId.Kind.RESPONSE, model, promptTokens);
        this.probabilities = new LogProbabilities(model.tokenizer());
        this.request = request;
        this.reader = new CallReader(calls);
        this.message = "msg_" + head.id().substring("resp_".length());
    }

    @Override
    public String id() {
        return head.id();
    }

    @Override
    public ObjectNode whole(List<Answered> answers) {
        reader.next(answers.getFirst().end().text());
        reader.end();
        return complete(answers);
    }

    private ObjectNode complete(List<Answered> answers) {
        Answered answered = answers.getFirst();
        ObjectNode json = response(status(answered));
        if (answered.cutOff()) {
            json.putObject("incomplete_details").put("reason", "max_output_tokens");
        }
        ArrayNode output = json.putArray("output");
        if (hasMessage()) {
            output.add(message(reader.text(), answered.tokens(), answered.cutOff()));
        }
        reader.calls().forEach(call -> output.add(call(call.id(), call.name(), call.arguments(), status(answered))));
        int tokens = Head.tokens(answers);
        ObjectNode usage = json.putObject("usage").put("input_tokens", head.promptTokens());
        usage.putObject("input_tokens_details").put("cached_tokens", 0);
        usage.put("output_tokens", tokens);
        usage.putObject("output_tokens_details").put("reasoning_tokens", 0);
        usage.put("total_tokens", head.promptTokens() + tokens);
        answered.receipt().ifPresent(receipt -> json.put("receipt", receipt));
        return json;
    }

    private static String status(Answered answered) {
        return answered.cutOff() ? "incomplete" : "completed";
    }

    private boolean hasMessage() {
        return open || reader.calls().isEmpty() || !reader.text().isEmpty();
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
        json.setAll(request.tools());
        json.put("store", false);
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

    private static ObjectNode call(String id, String name, String arguments, String status) {
        return Head.JSON
                .objectNode()
                .put("id", "fc_" + id)
                .put("type", "function_call")
                .put("call_id", id)
                .put("name", name)
                .put("arguments", arguments)
                .put("status", status);
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
        return opening;
    }

    private void openMessage(List<Event> all) {
        if (open) {
            return;
        }
        open = true;
        ObjectNode added = Head.JSON.objectNode().put("output_index", 0);
        added.set("item", item("in_progress"));
        all.add(event("response.output_item.added", added));
        ObjectNode begun = place();
        begun.set("part", part("", List.of()));
        all.add(event("response.content_part.added", begun));
    }

    @Override
    public List<Event> piece(int choice, Generation.Piece piece) {
        return parts(reader.next(piece.text()), piece.tokens());
    }

    private List<Event> parts(List<CallReader.Part> parts, List<SampledToken> tokens) {
        List<Event> all = new ArrayList<>();
        List<SampledToken> left = tokens;
        for (CallReader.Part part : parts) {
            switch (part) {
                case CallReader.Said said -> {
                    addText(all, said.text(), left);
                    left = List.of();
                }
                case CallReader.Begun begun -> {
                    ObjectNode added = Head.JSON.objectNode().put("output_index", callIndex(begun.index()));
                    added.set("item", call(begun.id(), begun.name(), "", "in_progress"));
                    ids.add("fc_" + begun.id());
                    all.add(event("response.output_item.added", added));
                }
                case CallReader.Arguments arguments ->
                    all.add(event(
                            "response.function_call_arguments.delta",
                            callPlace(arguments.index()).put("delta", arguments.text())));
            }
        }
        // The message has the first place, so none begins behind a call.
        if (parts.isEmpty() && ids.isEmpty() && request.sampling().probabilities() && !left.isEmpty()) {
            addText(all, "", left);
        }
        return all;
    }

    private void addText(List<Event> all, String text, List<SampledToken> tokens) {
        openMessage(all);
        ObjectNode json = place().put("delta", text);
        json.set("logprobs", logProbabilities(tokens));
        all.add(event("response.output_text.delta", json));
    }

    @Override
    public List<Event> closing(int choice, Answered answered) {
        List<Event> all = new ArrayList<>(parts(reader.end(), List.of()));
        if (hasMessage()) {
            openMessage(all);
        }
        if (open) {
            String text = reader.text();
            ObjectNode done = place().put("text", text);
            done.set("logprobs", logProbabilities(answered.tokens()));
            ObjectNode partDone = place();
            partDone.set("part", part(text, answered.tokens()));
            ObjectNode itemDone = Head.JSON.objectNode().put("output_index", 0);
            itemDone.set("item", message(text, answered.tokens(), answered.cutOff()));
            all.add(event("response.output_text.done", done));
            all.add(event("response.content_part.done", partDone));
            all.add(event("response.output_item.done", itemDone));
        }
        for (int i = 0; i < reader.calls().size(); i++) {
            CallReader.Call call = reader.calls().get(i);
            all.add(event(
                    "response.function_call_arguments.done",
                    callPlace(i).put("name", call.name()).put("arguments", call.arguments())));
            ObjectNode done = Head.JSON.objectNode().put("output_index", callIndex(i));
            done.set("item", call(call.id(), call.name(), call.arguments(), status(answered)));
            all.add(event("response.output_item.done", done));
        }
        return all;
    }

    @Override
    public List<Event> end(List<Answered> answers) {
        ObjectNode json = Head.JSON.objectNode();
        json.set("response", complete(answers));
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

    /** Calls stand behind the message, if there is one. */
    private int callIndex(int call) {
        return open ? call + 1 : call;
    }

    private ObjectNode callPlace(int call) {
        return Head.JSON.objectNode().put("item_id", ids.get(call)).put("output_index", callIndex(call));
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
