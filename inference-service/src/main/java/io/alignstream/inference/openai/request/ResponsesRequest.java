package io.alignstream.inference.openai.request;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.messages.Reason;
import java.util.ArrayList;
import java.util.List;
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
        if (!ChatRequest.tools(body).isEmpty()) {
            throw ApiException.unsupported("tools");
        }
        Optional<JsonNode> text = body.field("text");
        text.filter(value -> !value.isObject()).ifPresent(value -> {
            throw Body.wrong("text", value, Reason.of("api.mustBeObject"));
        });
        int alternatives = (int)
                body.integer("top_logprobs", 0, ChatRequest.MOST_ALTERNATIVES).orElse(0);
        return new ResponsesRequest(
                body.text("model").orElse(""),
                body.text("instructions").filter(said -> !said.isBlank()),
                body.text("previous_response_id"),
                conversation(body),
                Sampling.of(body, alternatives > 0, alternatives),
                body.integer("max_output_tokens", 1, Integer.MAX_VALUE),
                body.flag("stream"),
                ResponseFormat.of(
                        "text.format", text.map(value -> value.get("format")).filter(format -> !format.isNull())),
                RetrievalRequest.of(body));
    }

    /** The input behind what was said {@code earlier}, the instructions before all. */
    public Conversation conversation(List<Message> earlier) {
        List<Message> before = new ArrayList<>();
        instructions.ifPresent(said -> before.add(Conversation.said(Message.Role.SYSTEM, said, "instructions")));
        before.addAll(earlier);
        return conversation.after(before);
    }

    private static Conversation conversation(Body body) {
        JsonNode input = body.field(INPUT).orElseThrow(() -> ApiException.missing(INPUT));
        if (input.isTextual()) {
            return Conversation.of(List.of(Conversation.said(Message.Role.USER, input.textValue(), INPUT)));
        }
        int place = 0;
        for (JsonNode item : input) {
            String type = item.path("type").asText("message");
            if (!type.equals("message")) {
                throw Body.wrong(INPUT + "[" + place + "].type", item.path("type"), Reason.of("api.mustBeMessageItem"));
            }
            place++;
        }
        Conversation conversation = Conversation.of(INPUT, input);
        if (conversation.tools().isPresent()) {
            throw ApiException.unsupported(INPUT);
        }
        return conversation;
    }
}
