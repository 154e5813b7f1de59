package io.alignstream.contracts.exchange;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.contracts.messages.Reason;
import java.util.List;
import java.util.Map;

/** How prompts are handed on: as on the topic, or in the fields that others have for what is asked. */
public final class PromptElement {

    private static final String ID = "id";

    private PromptElement() {}

    /**
     * Reads an element. Without an id, that is a function of its content.
     *
     * @throws InvalidInputException if it says no prompt
     */
    public static Prompt read(ObjectNode json) {
        List<Message> asked = json.has("messages") ? List.of() : PromptFields.withSystem(json, PromptFields.read(json));
        if (!asked.isEmpty()) {
            String id = Sha256.hex(RankedRequest.identity(asked, List.of()));
            return new Prompt("import-" + id.substring(0, 32), asked, RankedRequest.Source.IMPORTED);
        }
        if (!json.has("messages")) {
            throw new InvalidInputException(Reason.of("exchange.unknownPrompt")
                    .with(
                            "fields",
                            String.join(
                                    ", ",
                                    json.properties().stream()
                                            .map(Map.Entry::getKey)
                                            .toList())));
        }
        ObjectNode whole = OwnLines.unpacked(json, List.of("messages", "referenceAnswers", "tags"));
        if (json.path(ID).asText("").isBlank()) {
            whole.put(ID, Sha256.hex(json.toString()));
        }
        return OwnLines.convert(whole, Prompt.class);
    }
}
