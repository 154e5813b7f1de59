package io.alignstream.sft;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ConversationsTest {

    private static final Tokenizer TOKENIZER = new BpeTrainer(300).train(Stream.of("question answer"));

    @Test
    void theRuleOfEveryStageDecidesWhatIsHeldOut() {
        // Given: ids that have nothing to do with what is asked
        List<Instruction> instructions = IntStream.range(0, 400)
                .mapToObj(i -> new Instruction(
                        "id " + (i * 7_919 % 400), List.of(Message.user("question " + i)), List.of("answer"), Map.of()))
                .toList();
        long expected = IntStream.range(0, 400)
                .filter(i -> HeldOut.of("question " + i, 0.1))
                .count();

        // When
        Conversations conversations = Conversations.of(instructions, TOKENIZER, 0.1, 100);

        // Then
        assertThat(conversations.heldOut()).hasSize((int) expected);
        assertThat(conversations.training()).hasSize(400 - (int) expected);
    }

    @Test
    void oneQuestionUnderTwoIdsStaysOnOneSide() {
        // Given
        List<Instruction> instructions = IntStream.range(0, 50)
                .boxed()
                .flatMap(i -> Stream.of("a" + i, "b" + i)
                        .map(id -> new Instruction(
                                id, List.of(Message.user("question " + i)), List.of("answer " + id), Map.of())))
                .toList();

        // When
        Conversations conversations = Conversations.of(instructions, TOKENIZER, 0.3, 100);

        // Then
        long heldOut = IntStream.range(0, 50)
                .filter(i -> HeldOut.of("question " + i, 0.3))
                .count();
        assertThat(conversations.heldOut()).hasSize(2 * (int) heldOut);
    }
}
