package io.alignstream.inference.openai.request;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.messages.Reason;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A request for a chat completion, checked.
 *
 * @param model the model's name; empty for the served one
 * @param maxTokens longest answer, if the client bounds it
 * @param delivery how the answer is sent
 * @param retrieval whether the answer is to be grounded in documents
 */
public record ChatRequest(
        String model,
        Conversation conversation,
        Sampling sampling,
        OptionalLong maxTokens,
        Delivery delivery,
        ResponseFormat format,
        Optional<RetrievalRequest> retrieval) {

    static final int MOST_ALTERNATIVES = 20;

    static final Set<String> FIELDS = Stream.concat(
                    Sampling.FIELDS.stream(),
                    Stream.of(
                            "model",
                            "messages",
                            "max_tokens",
                            "max_completion_tokens",
                            "stream",
                            "stream_options",
                            "logprobs",
                            "top_logprobs",
                            "response_format",
                            "tools",
                            "tool_choice",
                            RetrievalRequest.FIELD))
            .collect(Collectors.toUnmodifiableSet());

    /** Reads and checks the body of a request. */
    public static ChatRequest parse(byte[] json) {
        Body body = Body.of(json);
        Fields.refuseOthers(body, FIELDS);
        OptionalLong most = body.integer("max_completion_tokens", 1, Integer.MAX_VALUE);
        OptionalLong older = body.integer("max_tokens", 1, Integer.MAX_VALUE);
        OfferedTools tools = OfferedTools.of(body);
        return new ChatRequest(
                body.text("model").orElse(""),
                Conversation.of("messages", messages(body), tools),
                Sampling.of(body, body.flag("logprobs"), alternatives(body)),
                most.isPresent() ? most : older,
                Delivery.of(body),
                ResponseFormat.of("response_format", body.field("response_format"), tools),
                RetrievalRequest.of(body));
    }

    private static JsonNode messages(Body body) {
        return body.field("messages").orElseThrow(() -> ApiException.missing("messages"));
    }

    private static int alternatives(Body body) {
        OptionalLong asked = body.integer("top_logprobs", 0, MOST_ALTERNATIVES);
        if (asked.orElse(0) > 0 && !body.flag("logprobs")) {
            throw ApiException.invalid("top_logprobs", Reason.of("api.needsLogprobs"));
        }
        return (int) asked.orElse(0);
    }
}
