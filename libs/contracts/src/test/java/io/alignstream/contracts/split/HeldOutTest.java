package io.alignstream.contracts.split;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.contracts.Message;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HeldOutTest {

    @Test
    void holdsOutTheShareThatIsAskedFor() {
        // When
        long heldOut = IntStream.range(0, 20_000)
                .filter(i -> HeldOut.of("question " + i, 0.1))
                .count();

        // Then
        assertThat(heldOut / 20_000.0).isCloseTo(0.1, within(0.01));
    }

    @Test
    void whatASmallShareHoldsOutALargerOneDoes() {
        // When
        List<String> small = IntStream.range(0, 2_000)
                .mapToObj(i -> "question " + i)
                .filter(text -> HeldOut.of(text, 0.05))
                .toList();

        // Then
        assertThat(small).isNotEmpty().allMatch(text -> HeldOut.of(text, 0.2));
    }

    @Test
    void neitherTypingNorRolesMoveAText() {
        // Given
        double place = HeldOut.place("What to see in Chengdu?");

        // When
        List<Double> others = List.of(
                HeldOut.place("  what to   SEE in\nChengdu？"),
                HeldOut.place("What to see\u200b in Chengdu?"),
                HeldOut.place(List.of(
                        new Message(Message.Role.SYSTEM, "Answer briefly."), Message.user("What to see in Chengdu?"))),
                HeldOut.place("Ｗｈａｔ to see in Chengdu?"));

        // Then
        assertThat(others).containsOnly(place);
    }

    @Test
    void aConversationIsHeldOutWithTheFirstOfItsQuestionsThatIs() {
        // Given
        List<String> questions = IntStream.range(0, 400)
                .mapToObj(i -> "question " + i)
                .filter(text -> HeldOut.of(text, 0.1))
                .toList();

        // When
        List<String> learned = questions.stream()
                .filter(text -> !HeldOut.of(
                        List.of(Message.user(text), Message.assistant("an answer"), Message.user("And then?")),
                        Map.of(),
                        0.1))
                .toList();

        // Then
        assertThat(questions).isNotEmpty();
        assertThat(learned).isEmpty();
    }

    @Test
    void aPersonsTagHoldsOutWhateverTheShare() {
        // Given
        List<Message> question = List.of(Message.user("What to see in Chengdu?"));

        // When
        boolean tagged = HeldOut.of(question, Map.of("purpose", "held-out"), 0);
        boolean other = HeldOut.of(question, Map.of("purpose", "train"), 0);

        // Then
        assertThat(tagged).isTrue();
        assertThat(other).isFalse();
    }

    @Test
    void aTextStaysWhereItIsForEver() {
        // When: a change of the rule would let stages learn what others judge by
        double place = HeldOut.place("成都必去景点");

        // Then
        assertThat(place).isEqualTo(0.36840413750427403);
        assertThat(HeldOut.of("anything", 0)).isFalse();
        assertThat(HeldOut.of("anything", 1)).isTrue();
    }
}
