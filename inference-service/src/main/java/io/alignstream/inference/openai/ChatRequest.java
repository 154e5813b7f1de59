package io.alignstream.inference.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * A request for a chat completion, checked.
 *
 * @param model the model's name; empty for the served one
 * @param messages the conversation, the user's message last
 * @param maxTokens longest answer, if the client bounds it
 * @param maxTokensName what the client called that
 * @param stream whether the answer is sent piece by piece
 * @param includeUsage whether a stream ends with its figures
 * @param stops texts that end the answer, at most {@value #MAX_STOPS}
 * @param seed for the same answer again; empty for a random one
 */
record ChatRequest(
        String model,
        List<Message> messages,
        double temperature,
        double topP,
        OptionalLong maxTokens,
        String maxTokensName,
        boolean stream,
        boolean includeUsage,
        List<String> stops,
        OptionalLong seed) {

    private static final int MAX_MESSAGES = 256;
    private static final int MAX_STOPS = 4;
    private static final int MAX_STOP_LENGTH = 1_000;

    private static final Set<String> HONOURED = Set.of(
            "model",
            "messages",
            "temperature",
            "top_p",
            "max_tokens",
            "max_completion_tokens",
            "stream",
            "stream_options",
            "stop",
            "seed",
            "n");
    /** Says who asks or how to bill, which changes no answer. */
    private static final Set<String> WITHOUT_EFFECT = Set.of(
            "user",
            "store",
            "metadata",
            "service_tier",
            "safety_identifier",
            "prompt_cache_key",
            "prompt_cache_retention",
            "parallel_tool_calls");

    /** What others take for the default of what is not supported here: to state it changes no answer. */
    private static final Map<String, Set<String>> DEFAULTS = Map.of(
            "modalities", Set.of("[\"text\"]"),
            "repetition_penalty", Set.of("1", "1.0"),
            "length_penalty", Set.of("1", "1.0"),
            "typical_p", Set.of("1", "1.0"),
            "best_of", Set.of("1"),
            "top_k", Set.of("-1"),
            "reasoning_effort", Set.of("\"none\""),
            "tool_choice", Set.of("\"none\"", "\"auto\""),
            "function_call", Set.of("\"none\"", "\"auto\""),
            "skip_special_tokens", Set.of("true"));

    /** Reads and checks the body of a request. */
    static ChatRequest parse(byte[] json) {
        Body body = Body.of(json);
        refuseUnsupported(body);
        OptionalLong most = body.integer("max_completion_tokens", 1, Integer.MAX_VALUE);
        body.integer("n", 1, 1);
        return new ChatRequest(
                body.text("model").orElse(""),
                messages(body),
                body.number("temperature", 0, 2, 1),
                body.number("top_p", 0, 1, 1),
                most.isPresent() ? most : body.integer("max_tokens", 1, Integer.MAX_VALUE),
                most.isPresent() ? "max_completion_tokens" : "max_tokens",
                body.flag("stream"),
                includeUsage(body),
                stops(body),
                body.integer("seed", Long.MIN_VALUE, Long.MAX_VALUE));
    }

    /** What would change the answer is refused rather than ignored, unless it only states the default. */
    private static void refuseUnsupported(Body body) {
        for (String name : body.names()) {
            if (!HONOURED.contains(name) && !WITHOUT_EFFECT.contains(name)) {
                Optional<JsonNode> value = body.field(name).filter(given -> !isDefault(name, given));
                if (value.isPresent()) {
                    throw ApiException.unsupported(name);
                }
            }
        }
    }

    private static boolean isDefault(String name, JsonNode value) {
        return DEFAULTS.getOrDefault(name, Set.of()).contains(value.toString())
                || (value.isContainerNode() && value.isEmpty())
                || (value.isBoolean() && !value.booleanValue())
                || (value.isNumber() && value.doubleValue() == 0)
                || "text".equals(value.path("type").textValue()); // response_format
    }

    private static boolean includeUsage(Body body) {
        return body.field("stream_options")
                .map(options -> options.path("include_usage").asBoolean(false))
                .orElse(false);
    }

    private static List<String> stops(Body body) {
        JsonNode value = body.field("stop").orElse(null);
        if (value == null) {
            return List.of();
        }
        List<String> stops = new ArrayList<>();
        if (value.isTextual()) {
            stops.add(value.textValue());
        } else if (value.isArray() && value.size() <= MAX_STOPS) {
            value.forEach(stop -> stops.add(stop.isTextual() ? stop.textValue() : ""));
        } else {
            throw Body.wrong("stop", value, Reason.of("api.mustBeStops").with("most", MAX_STOPS));
        }
        for (String stop : stops) {
            if (stop.isEmpty() || stop.length() > MAX_STOP_LENGTH) {
                throw Body.wrong("stop", value, Reason.of("api.mustHoldStops").with("most", MAX_STOP_LENGTH));
            }
        }
        return stops;
    }

    private static List<Message> messages(Body body) {
        JsonNode list = body.field("messages").orElseThrow(() -> ApiException.missing("messages"));
        if (!list.isArray() || list.isEmpty() || list.size() > MAX_MESSAGES) {
            throw ApiException.invalid(
                    "messages", Reason.of("api.mustBeMessages").with("most", MAX_MESSAGES));
        }
        List<Message> messages = new ArrayList<>();
        for (JsonNode message : list) {
            messages.add(message(message, "messages[" + messages.size() + "]"));
        }
        if (messages.getLast().role() != Message.Role.USER) {
            throw ApiException.invalid("messages", Reason.of("api.notTheUsersTurn"));
        }
        return messages;
    }

    private static Message message(JsonNode message, String path) {
        String content = content(message.path("content"), path + ".content");
        try {
            return new Message(role(message.path("role"), path + ".role"), content);
        } catch (InvalidInputException e) {
            throw ApiException.invalid(
                    path + ".content",
                    Reason.of("api.invalid").with("parameter", path).with("problem", e.reason()));
        }
    }

    private static Message.Role role(JsonNode role, String path) {
        return switch (role.asText()) {
            case "system", "developer" -> Message.Role.SYSTEM;
            case "user" -> Message.Role.USER;
            case "assistant" -> Message.Role.ASSISTANT;
            default -> throw Body.wrong(path, role, Reason.of("api.mustBeRole"));
        };
    }

    /** A string, or parts of text that are put together. */
    private static String content(JsonNode content, String path) {
        if (content.isTextual()) {
            return content.textValue();
        }
        if (!content.isArray()) {
            throw Body.wrong(path, content, Reason.of("api.mustBeContent"));
        }
        StringBuilder text = new StringBuilder();
        for (JsonNode part : content) {
            if (!"text".equals(part.path("type").textValue())
                    || !part.path("text").isTextual()) {
                throw Body.wrong(path, part, Reason.of("api.mustBeTextParts"));
            }
            text.append(part.path("text").textValue());
        }
        return text.toString();
    }
}
