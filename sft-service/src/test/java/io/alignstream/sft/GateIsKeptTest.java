package io.alignstream.sft;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a person holds out for the gate is not learned, however it comes again. */
class GateIsKeptTest {

    @Test
    void instructions_that_ask_what_the_gate_asks_are_left_out_and_counted() {
        // Given
        Prompt gate = new Prompt("gate", List.of(Message.user("Chengdu 必去?")), Map.of("purpose", "held-out"));
        Prompt train = new Prompt("train", List.of(Message.user("Xian 必去?")), Map.of("purpose", "train"));
        List<Instruction> instructions = List.of(
                instruction("copy", Message.user("chengdu  必去？")),
                instruction(
                        "longer",
                        Message.user("Chengdu 必去?"),
                        new Message(Message.Role.ASSISTANT, "熊猫基地"),
                        Message.user("Why?")),
                instruction("kept", Message.user("Xian 必去?")));

        // When
        LearnableInstructions learnable = LearnableInstructions.of(instructions, List.of(gate, train));

        // Then
        assertThat(learnable.leftOut()).isEqualTo(2);
        assertThat(learnable.instructions()).extracting(Instruction::id).containsExactly("kept");
    }

    private static Instruction instruction(String id, Message... messages) {
        return new Instruction(id, List.of(messages), List.of("熊猫基地"), Map.of());
    }
}
