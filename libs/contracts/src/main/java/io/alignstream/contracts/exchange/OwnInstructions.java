package io.alignstream.contracts.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Instruction;
import java.util.List;
import java.util.Map;

/** The events themselves; {@code id} and {@code tags} may be left out, and in tables lists and objects are JSON texts. */
final class OwnInstructions implements InstructionFormat.Form {

    private static final String ID = "id";

    @Override
    public boolean fits(ObjectNode json) {
        return json.has("messages") && json.has("referenceAnswers");
    }

    @Override
    public List<Instruction> read(ObjectNode json, Map<String, String> tags) {
        ObjectNode whole = OwnLines.unpacked(json, List.of("messages", "referenceAnswers", "tags"));
        JsonNode id = whole.get(ID);
        boolean named = id != null && !id.isNull() && !id.asText("").isBlank();
        if (!named) {
            whole.put(ID, "unnamed");
        }
        Instruction read = OwnLines.convert(whole, Instruction.class);
        return List.of(named ? read : Turn.instruction(read.messages(), read.referenceAnswers(), read.tags()));
    }

    @Override
    public List<ObjectNode> write(Instruction instruction) {
        return List.of(OwnLines.json(instruction));
    }
}
