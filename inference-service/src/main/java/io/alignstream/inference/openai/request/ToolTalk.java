package io.alignstream.inference.openai.request;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/**
 * A conversation in which tools are offered, called or have answered. A template of others that shows tools lays it out; for
 * other models, of which a call has to be forced, it is put in plain words.
 *
 * @param messages as a template gets them: contents are texts or null, arguments of calls objects
 * @param tools what is offered
 */
public record ToolTalk(ArrayNode messages, OfferedTools tools) {

    /** Whether {@code message} is of a tool, or calls one. */
    static boolean isPart(JsonNode message) {
        String role = message.path("role").asText();
        return role.equals("tool")
                || role.equals("function")
                || !message.path("tool_calls").isEmpty();
    }

    static ToolTalk of(String field, JsonNode list, OfferedTools tools) {
        AtomicInteger left = new AtomicInteger(Body.MOST_TOKENS);
        ArrayNode messages = JsonNodeFactory.instance.arrayNode();
        for (JsonNode message : list) {
            messages.add(message(message, field + "[" + messages.size() + "]", left));
        }
        return new ToolTalk(messages, tools);
    }

    /** The same after {@code earlier}. */
    ToolTalk after(List<Message> earlier) {
        ArrayNode all = JsonNodeFactory.instance.arrayNode();
        earlier.forEach(message -> all.addObject()
                .put("role", message.role().name().toLowerCase(Locale.ROOT))
                .put("content", message.content()));
        return new ToolTalk(all.addAll(messages), tools);
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
        return characters(messages) + characters(tools.json());
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

    int[] prompt(String field, Tokenizer tokenizer, ContextWindow window) {
        String begun = tools.calls(tokenizer).map(ToolCalls::begun).orElse("");
        if (!ChatTemplate.showsTools(tokenizer)
                && (tools.parameters().isEmpty() || !tools.forced().isEmpty())) {
            return new Conversation(inWords(field), begun).prompt(field, tokenizer, window);
        }
        try {
            int[] prompt = ChatTemplate.promptWithTools(tokenizer, messages, tools.json(), begun);
            window.requireRoom(field, prompt.length);
            return prompt;
        } catch (InvalidInputException e) {
            throw ApiException.invalid(tools.parameters().isEmpty() ? field : "tools", e.reason());
        }
    }

    /** For a template that knows no tools: the operator offers them, the user says what they have answered. */
    private List<Message> inWords(String field) {
        List<Message> said = new ArrayList<>();
        if (!tools.parameters().isEmpty()) {
            said.add(Conversation.said(
                    Message.Role.SYSTEM,
                    "Functions that can be called: " + tools.json()
                            + "\nA call is {\"name\": …, \"arguments\": {…}} and nothing else.",
                    "tools"));
        }
        for (JsonNode message : messages) {
            List<String> parts = new ArrayList<>();
            parts.add(message.path("content").asText(""));
            for (JsonNode call : message.path("tool_calls")) {
                parts.add(call.path("function").toString());
            }
            String content = parts.stream().filter(part -> !part.isBlank()).collect(Collectors.joining("\n"));
            if (!content.isBlank()) {
                said.add(Conversation.said(
                        switch (message.path("role").asText()) {
                            case "system" -> Message.Role.SYSTEM;
                            case "assistant" -> Message.Role.ASSISTANT;
                            default -> Message.Role.USER;
                        },
                        content,
                        field));
            }
        }
        return said;
    }
}
