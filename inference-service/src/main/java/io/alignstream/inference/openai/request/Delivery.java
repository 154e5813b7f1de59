package io.alignstream.inference.openai.request;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.messages.Reason;
import java.util.Optional;

/**
 * How an answer is sent.
 *
 * @param stream piece by piece
 * @param includeUsage whether a stream ends with its figures
 */
public record Delivery(boolean stream, boolean includeUsage) {

    static Delivery of(Body body) {
        Optional<JsonNode> options = body.field("stream_options");
        options.filter(value -> !value.isObject()).ifPresent(value -> {
            throw Body.wrong("stream_options", value, Reason.of("api.mustBeObject"));
        });
        return new Delivery(
                body.flag("stream"),
                options.map(value -> value.path("include_usage").asBoolean(false))
                        .orElse(false));
    }
}
