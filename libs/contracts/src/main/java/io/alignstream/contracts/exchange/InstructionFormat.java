package io.alignstream.contracts.exchange;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.contracts.split.HeldOut;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The forms in which instructions are handed on, a JSON object each; constants are thread-safe. */
public enum InstructionFormat {
    /** {@code messages}, {@code referenceAnswers}, {@code id} and {@code tags} as on the topic; nothing is lost. */
    ALIGNSTREAM("alignstream", new OwnInstructions()),
    /**
     * {@code instruction}, {@code input} and {@code output} as Alpaca has them; {@code system} and {@code history}, a list of
     * pairs, as LLaMA-Factory adds them.
     */
    ALPACA("alpaca", new InstructionWithOutput()),
    /** {@code conversations}, turns with {@code from} and {@code value}; {@code system} may stand beside. */
    SHAREGPT("sharegpt", new ListOfTurns("conversations", "from", "value", false)),
    /**
     * {@code messages}, turns with {@code role}, {@code content} and, of the assistant's turns, {@code weight}: what has 0 is
     * said but not learned.
     */
    OPENAI("openai", new ListOfTurns("messages", "role", "content", true)),
    /** {@code prompt} and {@code completion} as TRL's datasets have them, texts or lists of turns. */
    TRL("trl", new PromptWithCompletion());

    private final String id;
    private final Form form;

    InstructionFormat(String id, Form form) {
        this.id = id;
        this.form = form;
    }

    /** How one format says an instruction. */
    interface Form {

        boolean fits(ObjectNode json);

        List<Instruction> read(ObjectNode json, Map<String, String> tags);

        List<ObjectNode> write(Instruction instruction);
    }

    /** As people write it, for example {@code sharegpt}. */
    public String id() {
        return id;
    }

    @Override
    public String toString() {
        return id;
    }

    /** The format of {@code id}, if there is one. */
    public static Optional<InstructionFormat> of(String id) {
        return Arrays.stream(values()).filter(format -> format.id.equals(id)).findFirst();
    }

    /**
     * The format of an element.
     *
     * @throws InvalidInputException if it is none of them, with the fields that they have
     */
    public static InstructionFormat of(ObjectNode element) {
        return Arrays.stream(values())
                .filter(format -> format.form.fits(element))
                .findFirst()
                .orElseThrow(() -> new InvalidInputException(Reason.of("exchange.unknownInstruction")
                        .with(
                                "fields",
                                String.join(
                                        ", ",
                                        element.properties().stream()
                                                .map(Map.Entry::getKey)
                                                .toList()))));
    }

    /**
     * Reads an element: one instruction, or one for each learned answer if the assistant says something before that is not to
     * be learned. What follows the last learned answer is left out. Ids are a function of what is said, unless the own format
     * gives one.
     *
     * @throws InvalidInputException if it says no instruction
     */
    public List<Instruction> read(ObjectNode json) {
        return form.read(json, RankedRequest.Source.IMPORTED);
    }

    /**
     * The elements that say {@code instruction}: one for each reference answer, in TRL's format one for each answer that is
     * learned; a single one in the own format.
     *
     * @throws InvalidInputException if this format cannot say it; only the own format can say that a person has held it out,
     *     and without that others would learn it
     */
    public List<ObjectNode> write(Instruction instruction) {
        if (this != ALIGNSTREAM && HeldOut.isTagged(instruction.tags())) {
            throw new InvalidInputException(Reason.of("exchange.heldOut"));
        }
        return form.write(instruction);
    }
}
