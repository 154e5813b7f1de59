package io.alignstream.inference.openai.request;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A conversation in which tools are offered, called or have answered. Only a template of others that shows tools lays it out;
 * what the model makes of them comes as text.
 *
 * @param messages as a template gets them: contents are texts or null, arguments of calls objects
 * @param tools what is offered, as the client sent it
 */
public record ToolTalk(ArrayNode messages, JsonNode tools) {

    /** Whether {@code message} is of a tool, or calls one. */
    static boolean isPart(JsonNode message) {
        String role = message.path("role").asText();
        return role.equals("tool")
                || role.equals("function")
                || !message.path("tool_calls").isEmpty();
    }

    static ToolTalk of(String field, JsonNode list, JsonNode tools) {
        for (JsonNode tool : tools) {
            if (!tool.path("function").path("name").isTextual()) {
                throw Body.wrong("tools", tool, Reason.of("api.mustBeTools"));
            }
        }
        AtomicInteger left = new AtomicInteger(Body.MOST_TOKENS);
        ArrayNode messages = JsonNodeFactory.instance.arrayNode();
        for (JsonNode message : list) {
            messages.add(message(message, field + "[" + messages.size() + "]", left));
        }
        return new ToolTalk(messages, tools);
    }

    private static ObjectNode message(JsonNode message, String path, AtomicInteger left) {
        ObjectNode copy = JsonNodeFactory.instance.objectNode();
        String role = message.path("role").asText();
        switch (role) {
            case "system", "user", "assistant", "tool" -> copy.put("role", role);
            case "developer" -> copy.put("role", "system");
            case "function" -> copy.put("role", "tool");
            default -> throw Body.wrong(path + ".role", message.path("role"), Reason.of("api.mustBeRole"));
        }
        JsonNode content = message.get("content");
        if (content == null || content.isNull()) {
            copy.putNull("content");
        } else {
            copy.put("content", Conversation.content(content, path + ".content"));
        }
        for (String name : new String[] {"name", "tool_call_id"}) {
            if (message.path(name).isTextual()) {
                copy.set(name, message.get(name));
            }
        }
        if (!message.path("tool_calls").isEmpty()) {
            ArrayNode calls = copy.putArray("tool_calls");
            message.path("tool_calls").forEach(call -> calls.add(call(call, path + ".tool_calls", left)));
        }
        return copy;
    }

    /**
     * Templates write arguments as JSON, which clients have done already.
     *
     * @param left tokens of JSON that all arguments may still have: a few bytes of them make an object that takes a hundred
     */
    private static ObjectNode call(JsonNode call, String path, AtomicInteger left) {
        JsonNode function = call.path("function");
        JsonNode arguments = function.path("arguments");
        if (!function.path("name").isTextual()) {
            throw Body.wrong(path, call, Reason.of("api.mustBeToolCalls"));
        }
        ObjectNode copy = JsonNodeFactory.instance
                .objectNode()
                .put("id", call.path("id").asText())
                .put("type", "function");
        try {
            copy.putObject("function")
                    .put("name", function.path("name").textValue())
                    .set("arguments", arguments.isTextual() ? Body.within(arguments.textValue(), left) : arguments);
        } catch (JsonProcessingException e) {
            throw Body.wrong(path, call, Reason.of("api.mustBeToolCalls"));
        }
        return copy;
    }

    /** Characters of all of it but for JSON's own: no more than a template shows, beside what it may leave out. */
    long characters() {
        return characters(messages) + characters(tools);
    }

    private static long characters(JsonNode node) {
        long characters = node.isContainerNode() ? 0 : node.asText().length();
        for (Map.Entry<String, JsonNode> property : node.properties()) {
            characters += property.getKey().length();
        }
        for (JsonNode part : node) {
            characters += characters(part);
        }
        return characters;
    }

    int[] prompt(String field, Tokenizer tokenizer) {
        try {
            return ChatTemplate.promptWithTools(tokenizer, messages, tools);
        } catch (InvalidInputException e) {
            throw ApiException.invalid(tools.isEmpty() ? field : "tools", e.reason());
        }
    }
}
