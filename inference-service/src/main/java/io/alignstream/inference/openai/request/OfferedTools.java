package io.alignstream.inference.openai.request;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.tokenizer.ToolCallLayout;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * The tools that a client offers.
 *
 * @param json as chat completions have them
 * @param parameters of each by its name: the schema of its arguments
 * @param forced names of which the model has to call one; empty where it is free to call any, or none
 * @param parallel whether it may call several at once
 */
public record OfferedTools(
        ArrayNode json, SequencedMap<String, JsonNode> parameters, List<String> forced, boolean parallel) {

    /** It goes into prompts as the template's own word, so no control token may be made of it. */
    private static final String NAME = "[A-Za-z0-9_.:/-]{1,128}";

    static final OfferedTools NONE =
            new OfferedTools(JsonNodeFactory.instance.arrayNode(), new LinkedHashMap<>(), List.of(), true);

    public OfferedTools {
        parameters = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(parameters));
        forced = List.copyOf(forced);
    }

    /** What {@code body} offers, unless it must not be used. */
    static OfferedTools of(Body body) {
        JsonNode choice = body.field("tool_choice").orElse(TextNode.valueOf("auto"));
        JsonNode tools = body.field("tools").orElse(NONE.json());
        if (!tools.isArray()) {
            throw Body.wrong("tools", tools, Reason.of("api.mustBeTools"));
        }
        if (choice.asText().equals("none")) {
            return NONE;
        }
        ArrayNode json = JsonNodeFactory.instance.arrayNode();
        SequencedMap<String, JsonNode> parameters = new LinkedHashMap<>();
        for (JsonNode tool : tools) {
            ObjectNode function = function(tool);
            json.addObject().put("type", "function").set("function", function);
            if (parameters.put(function.path("name").textValue(), schema(function.path("parameters"))) != null) {
                throw Body.wrong("tools", tool, Reason.of("api.mustBeTools"));
            }
        }
        boolean parallel = body.field("parallel_tool_calls").isEmpty() || body.flag("parallel_tool_calls");
        return new OfferedTools(json, parameters, forced(choice, List.copyOf(parameters.keySet())), parallel);
    }

    /** Chat completions have it a level below the type, responses beside it. */
    private static ObjectNode function(JsonNode tool) {
        JsonNode said = tool.has("function") ? tool.path("function") : tool;
        JsonNode parameters = said.path("parameters");
        if (!tool.path("type").asText("function").equals("function")
                || !said.path("name").isTextual()
                || !said.path("name").textValue().matches(NAME)
                || !(parameters.isMissingNode() || parameters.isNull() || parameters.isObject())) {
            throw Body.wrong("tools", tool, Reason.of("api.mustBeTools"));
        }
        ObjectNode function = JsonNodeFactory.instance.objectNode().set("name", said.get("name"));
        if (said.path("description").isTextual()) {
            function.set("description", said.get("description"));
        }
        if (parameters.isObject()) {
            function.set("parameters", parameters);
        }
        return function;
    }

    /** Arguments are an object; where nothing is said of them there are none. */
    private static JsonNode schema(JsonNode parameters) {
        if (!parameters.isObject()) {
            ObjectNode none = JsonNodeFactory.instance.objectNode().put("type", "object");
            none.putObject("properties");
            return none.put("additionalProperties", false);
        }
        return parameters.isEmpty() ? JsonNodeFactory.instance.objectNode().put("type", "object") : parameters;
    }

    private static List<String> forced(JsonNode choice, List<String> names) {
        String named = choice.has("function")
                ? choice.path("function").path("name").asText()
                : choice.path("name").asText();
        if (choice.isTextual() && choice.textValue().equals("auto")) {
            return List.of();
        }
        if (choice.isTextual() && choice.textValue().equals("required") && !names.isEmpty()) {
            return names;
        }
        if (choice.path("type").asText().equals("function") && names.contains(named)) {
            return List.of(named);
        }
        throw Body.wrong("tool_choice", choice, Reason.of("api.mustBeToolChoice"));
    }

    /** The calls that an answer may hold; empty if none, or if the model's template writes them in an unknown way. */
    Optional<ToolCalls> calls(Tokenizer tokenizer) {
        if (parameters.isEmpty()) {
            return Optional.empty();
        }
        Optional<ToolCallLayout> layout = ChatTemplate.toolCalls(tokenizer);
        if (forced.isEmpty()) {
            return layout.map(known -> new ToolCalls(known, parameters, false, parallel));
        }
        SequencedMap<String, JsonNode> wanted = new LinkedHashMap<>(parameters);
        wanted.keySet().retainAll(forced);
        return Optional.of(new ToolCalls(layout.orElse(ToolCallLayout.PLAIN), wanted, true, false));
    }
}
