package io.alignstream.training.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
        Conversations conversations = Conversations.of(instructions, TOKENIZER, 0.1, 100, new SetAside(Stage.SFT, 1));

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
        Conversations conversations = Conversations.of(instructions, TOKENIZER, 0.3, 100, new SetAside(Stage.SFT, 1));

        // Then
        long heldOut = IntStream.range(0, 50)
                .filter(i -> HeldOut.of("question " + i, 0.3))
                .count();
        assertThat(conversations.heldOut()).hasSize(2 * (int) heldOut);
    }

    @Test
    void aQuestionThatIsHeldOutIsNotLearnedInALongerConversationEither() {
        // Given
        List<Instruction> instructions = IntStream.range(0, 400)
                .filter(i -> HeldOut.of("question " + i, 0.1))
                .mapToObj(i -> new Instruction(
                        "id " + i,
                        List.of(Message.user("question " + i), Message.assistant("answer"), Message.user("And?")),
                        List.of("answer"),
                        Map.of()))
                .toList();

        // When
        Conversations conversations = Conversations.of(instructions, TOKENIZER, 0.1, 100, new SetAside(Stage.SFT, 1));

        // Then
        assertThat(conversations.training()).isEmpty();
        assertThat(conversations.heldOut()).hasSameSizeAs(instructions).isNotEmpty();
    }

    @Test
    void everyTurnOfTheAssistantIsLearnedOnce() {
        // Given
        Tokenizer tokenizer = new BpeTrainer(330)
                .train(Collections.nCopies(5, List.of("成都", "上海", "西安", "熊猫基地", "外滩", "长城")).stream()
                        .flatMap(List::stream));
        Instruction instruction = new Instruction(
                "multi-turn",
                List.of(
                        new Message(Message.Role.SYSTEM, "西安"),
                        Message.user("成都"),
                        Message.assistant("熊猫基地"),
                        Message.user("上海")),
                List.of("外滩", "长城"),
                Map.of());
        Instruction answersOnly = new Instruction(
                "of which the answer is learned",
                instruction.messages(),
                List.of("外滩"),
                Map.of(Instruction.LEARNED_TURNS, Instruction.ANSWERS));

        // When
        Conversations conversations =
                Conversations.of(List.of(instruction, answersOnly), tokenizer, 0, 100, new SetAside(Stage.SFT, 1));

        // Then
        assertThat(conversations.training()).hasSize(2);
        assertThat(conversations.training().getLast())
                .map(conversation -> learned(conversation, tokenizer))
                .containsExactly("外滩<|endofturn|>");
        assertThat(conversations.training().getFirst())
                .map(conversation -> learned(conversation, tokenizer))
                .containsExactly("熊猫基地<|endofturn|>外滩<|endofturn|>", "长城<|endofturn|>");
        assertThat(tokenizer.decode(
                        conversations.training().getFirst().getFirst().ids()))
                .isEqualTo("西安成都熊猫基地上海外滩");
    }

    private static String learned(Conversation conversation, Tokenizer tokenizer) {
        List<String> text = new ArrayList<>();
        for (int i = 0; i < conversation.length(); i++) {
            int id = conversation.ids()[i];
            if (conversation.learned()[i]) {
                text.add(id == tokenizer.endOfTurn() ? "<|endofturn|>" : tokenizer.decode(id));
            }
        }
        return String.join("", text);
    }

    @Test
    void whatTheModelsOwnTemplateRefusesIsCounted(@TempDir Path folder) throws IOException {
        // Given
        Files.write(folder.resolve(Tokenizer.TOKENIZER_FILE), TOKENIZER.toJson());
        Files.writeString(
                folder.resolve(Tokenizer.CONFIG_FILE),
                """
                {"chat_template": "{% for m in messages %}\
                {% if m.role == 'system' %}{{ raise_exception('no system messages') }}{% endif %}\
                {{ m.content }}<|endofturn|>{% endfor %}"}""");
        Message system = new Message(Message.Role.SYSTEM, "answer");
        List<Instruction> instructions = List.of(
                new Instruction("a", List.of(system, Message.user("question")), List.of("answer", "no"), Map.of()),
                new Instruction("b", List.of(Message.user("question")), List.of("answer"), Map.of()));

        SetAside setAside = new SetAside(Stage.SFT, 1);

        // When
        Conversations conversations = Conversations.of(instructions, Tokenizer.load(folder), 0, 100, setAside);

        // Then
        assertThat(conversations.trained()).isEqualTo(1);
        assertThat(setAside.figures()).isEqualTo(Map.of("conversationsRefused", 2.0));
        assertThat(Messages.english(setAside.reason().orElseThrow())).contains("(first: a: ", "no system messages");
    }
}
