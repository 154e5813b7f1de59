package io.alignstream.inference.openai.request;

import com.fasterxml.jackson.databind.node.TextNode;
import io.alignstream.contracts.messages.Reason;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A request to go on with texts, checked.
 *
 * @param model the model's name; empty for the served one
 * @param prompts the texts, at most {@value #MAX_PROMPTS}
 * @param maxTokens longest answer to each
 * @param echo whether the answer begins with the text
 * @param delivery how the answers are sent
 */
public record CompletionRequest(
        String model,
        List<TextInput> prompts,
        Sampling sampling,
        int maxTokens,
        boolean echo,
        Delivery delivery,
        ResponseFormat format) {

    private static final int MAX_PROMPTS = 64;
    /** Of the API. */
    private static final int DEFAULT_TOKENS = 16;

    static final Set<String> FIELDS = Stream.concat(
                    Sampling.FIELDS.stream(),
                    Stream.of(
                            "model",
                            "prompt",
                            "max_tokens",
                            "echo",
                            "best_of",
                            "stream",
                            "stream_options",
                            "logprobs",
                            "response_format"))
            .collect(Collectors.toUnmodifiableSet());

    public CompletionRequest {
        prompts = List.copyOf(prompts);
    }

    /** Reads and checks the body of a request. */
    public static CompletionRequest parse(byte[] json) {
        Body body = Body.of(json);
        Fields.refuseOthers(body, FIELDS);
        OptionalLong alternatives = body.integer("logprobs", 0, ChatRequest.MOST_ALTERNATIVES);
        Sampling sampling = Sampling.of(body, alternatives.isPresent(), (int) alternatives.orElse(0));
        List<TextInput> prompts =
                TextInput.list("prompt", body.field("prompt").orElse(TextNode.valueOf("")), MAX_PROMPTS);
        if (prompts.size() * sampling.choices() > MAX_PROMPTS) {
            throw ApiException.invalid(
                    "n",
                    Reason.of("api.tooManyAnswers")
                            .with("asked", (long) prompts.size() * sampling.choices())
                            .with("most", MAX_PROMPTS));
        }
        if (body.integer("best_of", 1, Integer.MAX_VALUE).orElse(sampling.choices()) != sampling.choices()) {
            throw ApiException.unsupported("best_of");
        }
        boolean echo = body.flag("echo");
        if (echo && sampling.probabilities()) {
            throw ApiException.unsupported("echo");
        }
        return new CompletionRequest(
                body.text("model").orElse(""),
                prompts,
                sampling,
                (int) body.integer("max_tokens", 1, Integer.MAX_VALUE).orElse(DEFAULT_TOKENS),
                echo,
                Delivery.of(body),
                ResponseFormat.of("response_format", body.field("response_format")));
    }
}
