package io.alignstream.contracts.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.check.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What was asked, in the fields that others have for it: {@code prompt}, a text, a transcript or turns; {@code conversations};
 * or {@code instruction}, {@code question} and {@code input}, each in a line of its own. {@code system} may stand beside.
 */
final class PromptFields {

    private static final List<String> LINES = List.of("instruction", "question", "input", "context");

    private PromptFields() {}

    /**
     * What {@code json} asks, without the system's words beside it; empty if it has none of these fields.
     *
     * @throws InvalidInputException if a turn is none
     */
    static List<Message> read(ObjectNode json) {
        Optional<List<Message>> turns = Stream.of("prompt", "conversations")
                .flatMap(field -> ElementFields.turns(json.get(field)).map(listed -> turns(field, listed)).stream())
                .findFirst();
        return turns.orElseGet(() -> {
            String prompt = ElementFields.text(json, "prompt");
            String text = prompt.isBlank() ? lines(json) : prompt;
            return text.isBlank() ? List.of() : Transcript.read(text);
        });
    }

    /** {@code instruction}, {@code question}, {@code input} and {@code context}, as far as they say something. */
    static String lines(ObjectNode json) {
        return LINES.stream()
                .map(field -> ElementFields.text(json, field))
                .filter(line -> !line.isBlank())
                .collect(Collectors.joining("\n"));
    }

    /** {@code messages} behind what the system says beside them, unless they begin with such words. */
    static List<Message> withSystem(ObjectNode json, List<Message> messages) {
        Optional<Turn> system = messages.isEmpty() || messages.getFirst().role() == Message.Role.SYSTEM
                ? Optional.empty()
                : ListOfTurns.system(json);
        List<Message> whole = new ArrayList<>(system.stream().map(Turn::message).toList());
        whole.addAll(messages);
        return List.copyOf(whole);
    }

    /**
     * What {@code listed} say.
     *
     * @throws InvalidInputException if one is no turn, with its place in {@code field}
     */
    static List<Message> turns(String field, List<JsonNode> listed) {
        return IntStream.range(0, listed.size())
                .mapToObj(i -> ListOfTurns.turn(field + "[" + i + "]", listed.get(i)))
                .flatMap(Optional::stream)
                .map(Turn::message)
                .toList();
    }
}
