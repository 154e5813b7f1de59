package io.alignstream.training.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** What one stage measures itself by, no other stage learns: however it was typed, under whatever id. */
class HeldOutInEveryStageTest {

    private static final double SHARE = 0.2;
    private static final int TEXTS = 60;
    private static final Tokenizer TOKENIZER = new BpeTrainer(300).train(Stream.of("question answer"));

    /** A number is a question; each entry is a way in which somebody comes to ask it. */
    private static final List<IntFunction<List<Message>>> ASKED = List.of(
            i -> List.of(Message.user(text(i))),
            i -> List.of(Message.user("  " + text(i).replace(" ", " \n\t ") + " ")),
            i -> List.of(Message.user(text(i).toUpperCase(Locale.ROOT))),
            i -> List.of(new Message(Message.Role.SYSTEM, "Answer briefly."), Message.user(text(i))));

    @ParameterizedTest
    @FieldSource("ASKED")
    void everyStageHoldsOutTheSameTexts(IntFunction<List<Message>> asked) {
        // Given
        List<Integer> plain = heldOut(i -> isHeldOutFromSft("plain " + i, List.of(Message.user(text(i)))));

        // When
        List<Integer> fromSft = heldOut(i -> isHeldOutFromSft("i" + (i * 7_919), asked.apply(i)));
        List<Integer> fromReward = heldOut(i -> isHeldOutFromReward("r" + (i * 31), asked.apply(i)));
        List<Integer> fromRlhf = heldOut(i -> isHeldOutFromRlhf("p" + (i * 17), asked.apply(i)));

        // Then
        assertThat(fromSft).isEqualTo(plain).isNotEmpty().hasSizeLessThan(TEXTS / 2);
        assertThat(fromReward).isEqualTo(plain);
        assertThat(fromRlhf).isEqualTo(plain);
    }

    @ParameterizedTest
    @FieldSource("ASKED")
    void aSecondTurnKeepsThemHeldOutInEveryStage(IntFunction<List<Message>> asked) {
        // Given
        List<Integer> first = heldOut(i -> isHeldOutFromSft("plain " + i, List.of(Message.user(text(i)))));

        // When
        List<Integer> fromSft = heldOut(i -> isHeldOutFromSft("i" + i, andMore(asked.apply(i))));
        List<Integer> fromReward = heldOut(i -> isHeldOutFromReward("r" + i, andMore(asked.apply(i))));
        List<Integer> fromRlhf = heldOut(i -> isHeldOutFromRlhf("p" + i, andMore(asked.apply(i))));

        // Then: a second question may hold out more
        assertThat(fromSft).containsAll(first).hasSizeLessThan(TEXTS);
        assertThat(fromReward).isEqualTo(fromSft);
        assertThat(fromRlhf).isEqualTo(fromSft);
    }

    private static String text(int i) {
        return "What to see in town " + i + "?";
    }

    private static List<Message> andMore(List<Message> messages) {
        return Stream.concat(messages.stream(), Stream.of(Message.assistant("The tower."), Message.user("And then?")))
                .toList();
    }

    private static List<Integer> heldOut(IntPredicate rule) {
        return IntStream.range(0, TEXTS).filter(rule).boxed().toList();
    }

    private static boolean isHeldOutFromSft(String id, List<Message> messages) {
        Instruction instruction = new Instruction(id, messages, List.of("answer"), Map.of());
        return !Conversations.of(List.of(instruction), TOKENIZER, SHARE, 1_000, new SetAside(Stage.SFT, 1))
                .heldOut()
                .isEmpty();
    }

    private static boolean isHeldOutFromReward(String id, List<Message> messages) {
        RankingRequest request = new RankingRequest(id, messages, List.of("a", "b"), null, Map.of());
        Ranking ranking = new Ranking(id, "ann", List.of(List.of(0), List.of(1)), List.of(), List.of(), "test");
        return RankedAnswers.of(TOKENIZER, List.of(request), List.of(ranking), 1_000, new SetAside(Stage.REWARD, 1))
                .getFirst()
                .heldOut(SHARE);
    }

    /** Among others, as a prompt on its own has to serve both purposes. */
    private static boolean isHeldOutFromRlhf(String id, List<Message> messages) {
        Prompt prompt = new Prompt(id, messages, Map.of());
        return PromptSplit.of(Stream.concat(Stream.of(prompt), others()).toList(), SHARE)
                .heldOut()
                .contains(prompt);
    }

    private static Stream<Prompt> others() {
        return IntStream.range(0, 40)
                .mapToObj(i -> new Prompt("other " + i, List.of(Message.user("other " + i)), Map.of()));
    }
}
