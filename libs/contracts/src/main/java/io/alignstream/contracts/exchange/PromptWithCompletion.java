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

/**
 * {@code prompt} and {@code completion}, texts or lists of turns: what the assistant says in the prompt is read, what it says
 * in the completion is learned. White space around a text is not, as it joins the two. A completion whose {@code label} is
 * false is one that nobody wants. Written: lists, an element for each answer that is learned.
 */
final class PromptWithCompletion implements InstructionFormat.Form {

    private static final String PROMPT = "prompt";
    private static final String COMPLETION = "completion";
    private static final String LABEL = "label";

    @Override
    public boolean fits(ObjectNode json) {
        return json.has(PROMPT) && json.has(COMPLETION);
    }

    @Override
    public List<Instruction> read(ObjectNode json, Map<String, String> tags) {
        if (json.path(LABEL).asText("").equalsIgnoreCase("false")) {
            throw new InvalidInputException(Reason.of("exchange.unwanted").with("field", LABEL));
        }
        List<Message> prompt = PromptFields.read(json);
        if (prompt.isEmpty()) {
            prompt = List.of(ListOfTurns.message(PROMPT, Message.Role.USER, "")); // which it may not be
        }
        List<Turn> turns = new ArrayList<>();
        PromptFields.withSystem(json, prompt).forEach(message -> turns.add(new Turn(message, false)));
        Optional<List<JsonNode>> listed = ElementFields.turns(json.get(COMPLETION));
        if (listed.isEmpty()) {
            String text = ElementFields.said(json, COMPLETION).strip();
            turns.add(Turn.of(ListOfTurns.message(COMPLETION, Message.Role.ASSISTANT, text)));
        } else {
            for (int i = 0; i < listed.get().size(); i++) {
                ListOfTurns.turn(COMPLETION + "[" + i + "]", listed.get().get(i))
                        .ifPresent(turns::add);
            }
        }
        return Turn.instructions(COMPLETION, turns, tags);
    }

    @Override
    public List<ObjectNode> write(Instruction instruction) {
        List<ObjectNode> written = new ArrayList<>();
        for (List<Turn> turns : Turn.conversations(instruction)) {
            for (int i = 0; i < turns.size(); i++) {
                if (turns.get(i).learned()) {
                    ObjectNode json = JsonNodeFactory.instance.objectNode();
                    ArrayNode prompt = json.putArray(PROMPT);
                    turns.subList(0, i).forEach(turn -> add(prompt, turn.message()));
                    add(json.putArray(COMPLETION), turns.get(i).message());
                    written.add(json);
                }
            }
        }
        return List.copyOf(written);
    }

    private static void add(ArrayNode turns, Message message) {
        turns.addObject()
                .put("role", message.role().name().toLowerCase(Locale.ROOT))
                .put("content", message.content());
    }
}
