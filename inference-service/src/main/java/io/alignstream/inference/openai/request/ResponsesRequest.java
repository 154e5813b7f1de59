package io.alignstream.inference.openai.request;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.messages.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A request for a response, checked.
 *
 * @param model the model's name; empty for the served one
 * @param instructions what the operator says, for this response alone
 * @param previous id of the response that this one goes on with
 * @param maxTokens longest answer, if the client bounds it
 * @param tools what the client said of tools, to be said back: {@code tools}, {@code tool_choice} and {@code parallel_tool_calls}
 * @param retrieval whether the answer is to be grounded in documents
 */
public record ResponsesRequest(
        String model,
        Optional<String> instructions,
        Optional<String> previous,
        Conversation conversation,
        Sampling sampling,
        OptionalLong maxTokens,
        boolean stream,
        ResponseFormat format,
        Map<String, JsonNode> tools,
        Optional<RetrievalRequest> retrieval) {

    private static final String INPUT = "input";
    static final Set<String> FIELDS = Stream.concat(
                    Sampling.FIELDS.stream().filter(field -> !field.equals("n")),
                    Stream.of(
                            "model",
                            INPUT,
                            "instructions",
                            "previous_response_id",
                            "max_output_tokens",
                            "stream",
                            "stream_options",
                            "text",
                            "top_logprobs",
                            "tools",
                            "tool_choice",
                            RetrievalRequest.FIELD))
            .collect(Collectors.toUnmodifiableSet());

    /** Reads and checks the body of a request. */
    public static ResponsesRequest parse(byte[] json) {
        Body body = Body.of(json);
        Fields.refuseOthers(body, FIELDS);
        Optional<JsonNode> text = body.field("text");
        text.filter(value -> !value.isObject()).ifPresent(value -> {
            throw Body.wrong("text", value, Reason.of("api.mustBeObject"));
        });
        OfferedTools offered = OfferedTools.of(body);
        int alternatives = (int)
                body.integer("top_logprobs", 0, ChatRequest.MOST_ALTERNATIVES).orElse(0);
        return new ResponsesRequest(
                body.text("model").orElse(""),
                body.text("instructions").filter(said -> !said.isBlank()),
                body.text("previous_response_id"),
                conversation(body, offered),
                Sampling.of(body, alternatives > 0, alternatives),
                body.integer("max_output_tokens", 1, Integer.MAX_VALUE),
                body.flag("stream"),
                ResponseFormat.of(
                        "text.format",
                        text.map(value -> value.get("format")).filter(format -> !format.isNull()),
                        offered),
                tools(body),
                RetrievalRequest.of(body));
    }

    private static Map<String, JsonNode> tools(Body body) {
        return Map.of(
                "tools", body.field("tools").orElse(JsonNodeFactory.instance.arrayNode()),
                "tool_choice", body.field("tool_choice").orElse(TextNode.valueOf("auto")),
                "parallel_tool_calls", body.field("parallel_tool_calls").orElse(BooleanNode.TRUE));
    }

    /** The input behind what was said {@code earlier}, the instructions before all. */
    public Conversation conversation(List<Message> earlier) {
        List<Message> before = new ArrayList<>();
        instructions.ifPresent(said -> before.add(Conversation.said(Message.Role.SYSTEM, said, "instructions")));
        before.addAll(earlier);
        return conversation.after(before);
    }

    private static Conversation conversation(Body body, OfferedTools tools) {
        JsonNode input = body.field(INPUT).orElseThrow(() -> ApiException.missing(INPUT));
        if (!input.isTextual()) {
            return Conversation.of(INPUT, messages(input), tools);
        }
        Message question = Conversation.said(Message.Role.USER, input.textValue(), INPUT);
        return tools.parameters().isEmpty()
                ? Conversation.of(List.of(question))
                : new Conversation(
                        List.of(),
                        "",
                        Optional.of(
                                new ToolTalk(JsonNodeFactory.instance.arrayNode(), tools).after(List.of(question))));
    }

    /** As chat completions have them: calls are a part of the assistant's message. */
    private static JsonNode messages(JsonNode input) {
        ArrayNode messages = JsonNodeFactory.instance.arrayNode();
        for (JsonNode item : input) {
            switch (item.path("type").asText("message")) {
                case "message" -> messages.add(item);
                case "function_call" -> calling(messages).add(call(item));
                case "function_call_output" ->
                    messages.addObject()
                            .put("role", "tool")
                            .put("tool_call_id", item.path("call_id").asText())
                            .set("content", item.path("output"));
                default ->
                    throw Body.wrong(
                            INPUT + "[" + messages.size() + "].type",
                            item.path("type"),
                            Reason.of("api.mustBeMessageItem"));
            }
        }
        return input.isArray() ? messages : input;
    }

    /** The calls of the assistant's message that comes last, or of a new one. */
    private static ArrayNode calling(ArrayNode messages) {
        JsonNode last = messages.path(messages.size() - 1);
        if (last.path("role").asText().equals("assistant")
                && last.path("tool_calls").isArray()) {
            return (ArrayNode) last.path("tool_calls");
        }
        ObjectNode message = JsonNodeFactory.instance.objectNode();
        if (last instanceof ObjectNode said && last.path("role").asText().equals("assistant")) {
            messages.remove(messages.size() - 1);
            message.setAll(said);
        }
        messages.add(message.put("role", "assistant"));
        return message.putArray("tool_calls");
    }

    private static ObjectNode call(JsonNode item) {
        ObjectNode call = JsonNodeFactory.instance
                .objectNode()
                .put("id", item.path("call_id").asText())
                .put("type", "function");
        call.putObject("function").setAll(Map.of("name", item.path("name"), "arguments", item.path("arguments")));
        return call;
    }
}
