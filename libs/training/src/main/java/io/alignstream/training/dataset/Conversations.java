package io.alignstream.training.dataset;

import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Instructions as token ids, one conversation for each reference answer; every turn of the assistant is learned once.
 * Immutable.
 *
 * @param training to learn from: for each instruction its conversations, at least one
 * @param heldOut to measure on
 */
public record Conversations(List<List<Conversation>> training, List<Conversation> heldOut) {

    public Conversations {
        training = List.copyOf(training);
        heldOut = List.copyOf(heldOut);
    }

    /**
     * Encodes and splits {@code instructions}; their order does not matter.
     *
     * @param heldOutShare of the instructions, by what is asked; an instruction stays on its side whatever else is added
     * @param longest tokens that a conversation may have
     * @param setAside counts conversations: those that are longer, or that the model's chat template refuses, are in neither
     *     list
     */
    public static Conversations of(
            Collection<Instruction> instructions,
            Tokenizer tokenizer,
            double heldOutShare,
            int longest,
            SetAside setAside) {
        List<List<Conversation>> training = new ArrayList<>();
        List<Conversation> heldOut = new ArrayList<>();
        List<Instruction> sorted = instructions.stream()
                .sorted(Comparator.comparing(Instruction::id))
                .toList();
        for (Instruction instruction : sorted) {
            List<Conversation> answers = new ArrayList<>();
            // Of several answers to one history, the first brings the history's turns.
            boolean everyTurn = instruction.learnsEveryTurn();
            for (String answer : instruction.referenceAnswers()) {
                Conversation conversation;
                try {
                    conversation = ChatTemplate.conversation(tokenizer, instruction.messages(), answer, everyTurn);
                } catch (InvalidInputException e) {
                    setAside.addRefused(SetAside.Cause.CONVERSATION_REFUSED, 1, instruction.id(), e.reason());
                    continue;
                }
                everyTurn = false;
                if (conversation.length() <= longest) {
                    answers.add(conversation);
                } else {
                    setAside.addTooLong(
                            SetAside.Cause.CONVERSATION_TOO_LONG, instruction.id(), conversation.length(), longest);
                }
            }
            setAside.take(SetAside.Kind.CONVERSATION, answers.size());
            if (HeldOut.of(instruction.messages(), instruction.tags(), heldOutShare)) {
                heldOut.addAll(answers);
            } else if (!answers.isEmpty()) {
                training.add(List.copyOf(answers));
            }
        }
        return new Conversations(training, heldOut);
    }

    /** Number of conversations to learn from. */
    public int trained() {
        return training.stream().mapToInt(List::size).sum();
    }
}
