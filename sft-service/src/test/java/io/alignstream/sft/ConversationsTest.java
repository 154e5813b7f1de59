package io.alignstream.sft;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConversationsTest {

    private static final Tokenizer TOKENIZER = TinyInstructions.tokenizer();

    @Test
    void everyTurnOfTheAssistantIsLearnedOnce() {
        // Given
        Instruction instruction = new Instruction(
                "multi-turn",
                List.of(
                        new Message(Message.Role.SYSTEM, "西安"),
                        Message.user("成都"),
                        Message.assistant("熊猫基地"),
                        Message.user("上海")),
                List.of("外滩", "长城"),
                Map.of());

        // When
        Conversations conversations = Conversations.of(List.of(instruction), TOKENIZER, 0, 100);

        // Then
        assertThat(conversations.training()).hasSize(1);
        assertThat(conversations.training().getFirst())
                .map(ConversationsTest::learned)
                .containsExactly("熊猫基地<|endofturn|>外滩<|endofturn|>", "长城<|endofturn|>");
        assertThat(TOKENIZER.decode(
                        conversations.training().getFirst().getFirst().ids()))
                .isEqualTo("西安成都熊猫基地上海外滩");
    }

    private static String learned(Conversation conversation) {
        List<String> text = new ArrayList<>();
        for (int i = 0; i < conversation.length(); i++) {
            int id = conversation.ids()[i];
            if (conversation.learned()[i]) {
                text.add(id == TOKENIZER.endOfTurn() ? "<|endofturn|>" : TOKENIZER.decode(id));
            }
        }
        return String.join("", text);
    }
}
