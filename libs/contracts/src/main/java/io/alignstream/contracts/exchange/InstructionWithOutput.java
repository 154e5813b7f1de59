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
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * {@code instruction}, and {@code input} in a line below it, are the question, {@code output} the answer; {@code system} comes
 * first, then {@code history}, pairs of question and answer. Written without {@code input}.
 */
final class InstructionWithOutput implements InstructionFormat.Form {

    private static final String INSTRUCTION = "instruction";
    private static final String INPUT = "input";
    private static final String OUTPUT = "output";
    private static final String SYSTEM = "system";
    private static final String HISTORY = "history";

    @Override
    public boolean fits(ObjectNode json) {
        return json.has(INSTRUCTION) && json.has(OUTPUT);
    }

    @Override
    public List<Instruction> read(ObjectNode json, Map<String, String> tags) {
        List<Turn> turns = new ArrayList<>();
        ListOfTurns.system(json).ifPresent(turns::add);
        List<JsonNode> history = ElementFields.list(json, HISTORY);
        for (int i = 0; i < history.size(); i++) {
            String pair = HISTORY + "[" + i + "]";
            if (!history.get(i).isArray()) {
                throw ElementFields.wanted(pair, "json.list");
            }
            if (history.get(i).size() != 2) {
                throw new InvalidInputException(Reason.of("invalid.entries")
                        .with("field", pair)
                        .with("entries", history.get(i).size())
                        .with("least", 2)
                        .with("most", 2));
            }
            turns.add(turn(pair, Message.Role.USER, history.get(i).get(0).asText("")));
            turns.add(turn(pair, Message.Role.ASSISTANT, history.get(i).get(1).asText("")));
        }
        String question = Stream.of(ElementFields.text(json, INSTRUCTION), ElementFields.text(json, INPUT))
                .filter(part -> !part.isBlank())
                .collect(Collectors.joining("\n"));
        turns.add(turn(INSTRUCTION, Message.Role.USER, question));
        turns.add(turn(OUTPUT, Message.Role.ASSISTANT, ElementFields.text(json, OUTPUT)));
        return Turn.instructions(OUTPUT, turns, tags);
    }

    private static Turn turn(String field, Message.Role role, String content) {
        return Turn.of(ListOfTurns.message(field, role, content));
    }

    @Override
    public List<ObjectNode> write(Instruction instruction) {
        List<Message> messages = instruction.messages();
        boolean system = messages.getFirst().role() == Message.Role.SYSTEM;
        List<Message> said = messages.subList(system ? 1 : 0, messages.size());
        boolean pairs = said.size() % 2 == 1
                && IntStream.range(0, said.size())
                        .allMatch(i -> said.get(i).role() == (i % 2 == 0 ? Message.Role.USER : Message.Role.ASSISTANT));
        if (!pairs) {
            throw new InvalidInputException(Reason.of("exchange.noPairs"));
        }
        List<ObjectNode> written = new ArrayList<>();
        for (List<Turn> turns : Turn.conversations(instruction)) {
            Turn.requireEveryTurn(turns);
            ObjectNode json = JsonNodeFactory.instance.objectNode();
            json.put(INSTRUCTION, said.getLast().content()).put(INPUT, "");
            json.put(OUTPUT, turns.getLast().message().content());
            if (system) {
                json.put(SYSTEM, messages.getFirst().content());
            }
            if (said.size() > 1) {
                ArrayNode history = json.putArray(HISTORY);
                for (int i = 0; i + 1 < said.size(); i += 2) {
                    history.addArray()
                            .add(said.get(i).content())
                            .add(said.get(i + 1).content());
                }
            }
            written.add(json);
        }
        return List.copyOf(written);
    }
}
