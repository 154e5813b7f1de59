package io.alignstream.contracts.exchange;

import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.contracts.messages.Reason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A turn of a conversation that others have written down.
 *
 * @param learned whether it is to be learned; only what the assistant says is
 */
record Turn(Message message, boolean learned) {

    Turn {
        learned = learned && message.role() == Message.Role.ASSISTANT;
    }

    static Turn of(Message message) {
        return new Turn(message, true);
    }

    /**
     * What is learned of a conversation: one instruction, whose messages are learned with its answer; or, if the assistant
     * says something before that is not to be learned, one for each learned turn.
     *
     * @param field where the turns come from, for complaints
     * @throws InvalidInputException if nothing in it is to be learned, or an answer answers nobody
     */
    static List<Instruction> instructions(String field, List<Turn> turns, Map<String, String> tags) {
        List<Integer> learned = IntStream.range(0, turns.size())
                .filter(index -> turns.get(index).learned)
                .boxed()
                .toList();
        if (learned.isEmpty()) {
            throw new InvalidInputException(Reason.of("exchange.nothingLearned").with("field", field));
        }
        boolean everyTurn = turns.subList(0, learned.getLast()).stream()
                .allMatch(turn -> turn.learned || turn.message.role() != Message.Role.ASSISTANT);
        if (everyTurn) {
            return List.of(instruction(turns, learned.getLast(), tags));
        }
        Map<String, String> answersOnly = new HashMap<>(tags);
        answersOnly.put(Instruction.LEARNED_TURNS, Instruction.ANSWERS);
        List<Instruction> instructions = new ArrayList<>();
        for (int answer : learned) {
            boolean first =
                    turns.subList(0, answer).stream().noneMatch(turn -> turn.message.role() == Message.Role.ASSISTANT);
            instructions.add(instruction(turns, answer, first ? tags : answersOnly));
        }
        return List.copyOf(instructions);
    }

    private static Instruction instruction(List<Turn> turns, int answer, Map<String, String> tags) {
        return instruction(
                turns.subList(0, answer).stream().map(Turn::message).toList(),
                List.of(turns.get(answer).message.content()),
                tags);
    }

    /** An instruction that came without an id: its id is a function of what is said and what of it is learned. */
    static Instruction instruction(List<Message> messages, List<String> answers, Map<String, String> tags) {
        String identity =
                RankedRequest.identity(messages, answers) + (tags.containsKey(Instruction.LEARNED_TURNS) ? "\n-" : "");
        return new Instruction("import-" + Sha256.hex(identity).substring(0, 32), messages, answers, tags);
    }

    /**
     * The conversations that say {@code instruction}, one for each reference answer, as turns with the answer last; what the
     * assistant says before is learned in the first one at most.
     */
    static List<List<Turn>> conversations(Instruction instruction) {
        List<List<Turn>> conversations = new ArrayList<>();
        for (String answer : instruction.referenceAnswers()) {
            boolean everyTurn = instruction.learnsEveryTurn() && conversations.isEmpty();
            List<Turn> turns = new ArrayList<>();
            instruction.messages().forEach(message -> turns.add(new Turn(message, everyTurn)));
            turns.add(of(Message.assistant(answer)));
            conversations.add(List.copyOf(turns));
        }
        return List.copyOf(conversations);
    }

    /**
     * Fails for a conversation of which not every answer is learned.
     *
     * @throws InvalidInputException then: those who read it without weights would learn what they should not
     */
    static void requireEveryTurn(List<Turn> turns) {
        if (turns.stream().anyMatch(turn -> !turn.learned && turn.message.role() == Message.Role.ASSISTANT)) {
            throw new InvalidInputException(Reason.of("exchange.onlyAnswers"));
        }
    }
}
