package io.alignstream.contracts.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * A conversation as a list of turns. Many files mix the formats' names, so both are read wherever a list stands, and
 * {@code weight} too; a blank turn of the system says nothing and is passed over. Tools are not read: what declares or calls
 * some, or says anything but text, is refused.
 *
 * @param list the field with the turns
 * @param role the field of a turn that says who speaks, as it is written
 * @param content the field with what is said, as it is written
 * @param weights whether the format can say that a turn is not learned
 */
record ListOfTurns(String list, String role, String content, boolean weights) implements InstructionFormat.Form {

    private static final String WEIGHT = "weight";

    @Override
    public boolean fits(ObjectNode json) {
        return json.has(list) && !json.has("referenceAnswers");
    }

    @Override
    public List<Instruction> read(ObjectNode json, Map<String, String> tags) {
        for (String tools : List.of("tools", "functions")) {
            if (isGiven(json.get(tools))) {
                throw new InvalidInputException(Reason.of("exchange.tools").with("field", tools));
            }
        }
        List<Turn> turns = new ArrayList<>();
        system(json).ifPresent(turns::add);
        List<JsonNode> listed = ElementFields.list(json, list);
        for (int i = 0; i < listed.size(); i++) {
            turn(list + "[" + i + "]", listed.get(i)).ifPresent(turns::add);
        }
        return Turn.instructions(list, turns, tags);
    }

    /** What the system says beside the turns. */
    static Optional<Turn> system(ObjectNode json) {
        String system = ElementFields.text(json, "system");
        return system.isBlank()
                ? Optional.empty()
                : Optional.of(Turn.of(message("system", Message.Role.SYSTEM, system)));
    }

    /**
     * The turn that {@code json} says, unless it is a blank one of the system.
     *
     * @throws InvalidInputException if it is none, with {@code place}
     */
    static Optional<Turn> turn(String place, JsonNode json) {
        Message.Role role = role(place, json);
        String content = content(place, json).orElse("");
        boolean learned = learned(place, json.path(WEIGHT));
        return role == Message.Role.SYSTEM && content.isBlank()
                ? Optional.empty()
                : Optional.of(new Turn(message(place, role, content), learned));
    }

    /**
     * A turn.
     *
     * @throws InvalidInputException if it is none, with {@code field}
     */
    static Message message(String field, Message.Role role, String content) {
        try {
            return new Message(role, content);
        } catch (InvalidInputException e) {
            throw new InvalidInputException(
                    Reason.of("exchange.wrongField").with("field", field).with("detail", e.reason()));
        }
    }

    /** Who speaks in a turn. */
    static Message.Role role(String place, JsonNode turn) {
        String role = turn.path(turn.hasNonNull("from") ? "from" : "role").asText("");
        return switch (role.toLowerCase(Locale.ROOT)) {
            case "system", "developer" -> Message.Role.SYSTEM;
            case "user", "human" -> Message.Role.USER;
            case "assistant", "gpt", "chatgpt", "bing", "bard", "model" -> Message.Role.ASSISTANT;
            default ->
                throw new InvalidInputException(
                        Reason.of("exchange.role").with("field", place).with("role", role));
        };
    }

    /** What a turn says, a text, or a list of parts that are texts; empty if it says nothing at all. */
    static Optional<String> content(String place, JsonNode turn) {
        for (String call : List.of("tool_calls", "function_call")) {
            if (isGiven(turn.get(call))) {
                throw new InvalidInputException(Reason.of("exchange.tools").with("field", place + "." + call));
            }
        }
        JsonNode content = turn.path(turn.hasNonNull("value") ? "value" : "content");
        if (!content.isArray()) {
            if (content.isContainerNode() || content.isBinary()) {
                throw noText(place);
            }
            return ElementFields.isNothing(content) ? Optional.empty() : Optional.of(content.asText());
        }
        StringJoiner parts = new StringJoiner("\n");
        for (JsonNode part : content) {
            if (!part.path("text").isTextual()) {
                throw noText(place);
            }
            parts.add(part.path("text").textValue());
        }
        return Optional.of(parts.toString());
    }

    private static boolean isGiven(@Nullable JsonNode field) {
        JsonNode value = ElementFields.unpacked(field);
        return !value.isNull() && !(value.isContainerNode() && value.isEmpty());
    }

    private static InvalidInputException noText(String place) {
        return new InvalidInputException(Reason.of("exchange.noText").with("field", place));
    }

    private static boolean learned(String place, JsonNode weight) {
        if (ElementFields.isNothing(weight)) {
            return true;
        }
        if (!weight.isNumber() || weight.doubleValue() != 0 && weight.doubleValue() != 1) {
            throw new InvalidInputException(
                    Reason.of("exchange.weight").with("field", place).with("value", weight.toString()));
        }
        return weight.doubleValue() == 1;
    }

    @Override
    public List<ObjectNode> write(Instruction instruction) {
        return Turn.conversations(instruction).stream().map(this::json).toList();
    }

    private ObjectNode json(List<Turn> turns) {
        if (!weights) {
            Turn.requireEveryTurn(turns);
        }
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        ArrayNode listed = json.putArray(list);
        for (Turn turn : turns) {
            Message message = turn.message();
            ObjectNode written = listed.addObject();
            written.put(role, name(message.role())).put(content, message.content());
            if (message.role() == Message.Role.ASSISTANT && !turn.learned()) {
                written.put(WEIGHT, 0);
            }
        }
        return json;
    }

    private String name(Message.Role role) {
        return switch (role) {
            case SYSTEM -> "system";
            case USER -> weights ? "user" : "human";
            case ASSISTANT -> weights ? "assistant" : "gpt";
        };
    }
}
