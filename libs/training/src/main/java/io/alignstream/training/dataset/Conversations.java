package io.alignstream.training.dataset;

import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Instructions as token ids, one conversation for each reference answer; every turn of the assistant is learned once.
 * Immutable.
 *
 * @param training to learn from: for each instruction its conversations, at least one
 * @param heldOut to measure on
 * @param tooLong conversations that do not fit the model's positions and are in neither list
 * @param refused conversations that the model's chat template does not take, in neither list, too
 * @param refusal why the first of them was refused; null if none was
 */
public record Conversations(
        List<List<Conversation>> training,
        List<Conversation> heldOut,
        int tooLong,
        int refused,
        @Nullable Reason refusal) {

    public Conversations {
        training = List.copyOf(training);
        heldOut = List.copyOf(heldOut);
    }

    /**
     * Encodes and splits {@code instructions}; their order does not matter.
     *
     * @param heldOutShare of the instructions, by what is asked; an instruction stays on its side whatever else is added
     * @param longest tokens that a conversation may have
     */
    public static Conversations of(
            Collection<Instruction> instructions, Tokenizer tokenizer, double heldOutShare, int longest) {
        List<List<Conversation>> training = new ArrayList<>();
        List<Conversation> heldOut = new ArrayList<>();
        int tooLong = 0;
        int refused = 0;
        Reason refusal = null;
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
                    refused++;
                    refusal = refusal == null ? e.reason() : refusal;
                    continue;
                }
                everyTurn = false;
                if (conversation.length() <= longest) {
                    answers.add(conversation);
                } else {
                    tooLong++;
                }
            }
            if (HeldOut.of(instruction.messages(), instruction.tags(), heldOutShare)) {
                heldOut.addAll(answers);
            } else if (!answers.isEmpty()) {
                training.add(List.copyOf(answers));
            }
        }
        return new Conversations(training, heldOut, tooLong, refused, refusal);
    }

    /** What is in neither list, as figures for people by their names; those of nothing are not among them. */
    public Map<String, Double> leftOut() {
        Map<String, Double> figures = new TreeMap<>();
        figures.put("conversationsTooLong", (double) tooLong);
        figures.put("conversationsRefused", (double) refused);
        figures.values().removeIf(count -> count == 0);
        return figures;
    }

    /** Number of conversations to learn from. */
    public int trained() {
        return training.stream().mapToInt(List::size).sum();
    }
}
