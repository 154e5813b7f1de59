package io.alignstream.training.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Language;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SetAsideTest {

    @ParameterizedTest
    @CsvSource({"0.5, 2, 2", "0, 5, 0", "1, 0, 7", "0.1, 9, 1"})
    void aRunGoesOnUpToTheShare(double most, int taken, int aside) {
        // Given
        SetAside setAside = account(most, taken, aside);

        // When, then
        assertThatCode(setAside::requireMost).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({"0.5, 2, 3", "0, 5, 1", "0.5, 0, 1", "0.1, 8, 1"})
    void aboveItTheRunDoesNotBegin(double most, int taken, int aside) {
        // Given
        SetAside setAside = account(most, taken, aside);

        // When, then
        assertThatThrownBy(setAside::requireMost)
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(aside + " of " + (taken + aside) + " inputs");
    }

    @Test
    void theFailureNamesTheCountOfEachCauseWithAnExampleAndTheSetting() {
        // Given
        SetAside setAside = new SetAside(Stage.REWARD, 0.25);
        setAside.take(SetAside.Kind.RANKING, 3);
        setAside.addTooLong(SetAside.Cause.RANKING_TOO_LONG, "long", 60, 48);
        setAside.addTooLong(SetAside.Cause.RANKING_TOO_LONG, "longer", 90, 48);
        setAside.add(
                SetAside.Cause.RANKING_WITHOUT_REQUEST,
                new Ranking("r9", "ann", List.of(List.of(0), List.of(1)), List.of(), List.of(), "test"));

        // When, then
        assertThatThrownBy(setAside::requireMost)
                .hasMessage(
                        "2 of 5 inputs cannot be learned from, more than 25 %: 1 rankings left out: their request is"
                                + " not there (first: request r9, 2 answers ranked by ann); 2 rankings left out: longer than the"
                                + " model's positions (first: long has 60 tokens, 48 are the most). Correct, shorten or withdraw"
                                + " them, or let a larger share be left out with alignstream.reward.most-set-aside")
                .satisfies(failure -> assertThat(Messages.in(Language.CHINESE).text(((Explained) failure).reason()))
                        .contains("首个：long 有 60 个词元", "alignstream.reward.most-set-aside")
                        .doesNotContain("{"));
    }

    @Test
    void whatIsNoFaultIsCountedAndStopsNothing() {
        // Given: a tie of all answers, and a ranking whose request was withdrawn
        SetAside setAside = new SetAside(Stage.RLHF, 0);
        Ranking tie = new Ranking("r1", "ann", List.of(List.of(0, 1)), List.of(), List.of(), "test");
        setAside.add(SetAside.Cause.RANKING_WITHOUT_PREFERENCE, tie);
        setAside.add(SetAside.Cause.RANKING_WITHOUT_REQUEST, tie);

        // When, then
        assertThatCode(setAside::requireMost).doesNotThrowAnyException();
        assertThat(setAside.figures())
                .isEqualTo(Map.of("rankingsWithoutPreference", 1.0, "rankingsWithoutRequest", 1.0));
    }

    @Test
    void faultsOfOneKindAreNotMadeGoodByAnother() {
        // Given: many good prompts beside rankings of which most are faulty
        SetAside setAside = account(0.5, 100, 0);
        setAside.take(SetAside.Kind.RANKING, 1);
        setAside.addTooLong(SetAside.Cause.RANKING_TOO_LONG, "a", 60, 48);
        setAside.addTooLong(SetAside.Cause.RANKING_TOO_LONG, "b", 60, 48);

        // When, then
        assertThatThrownBy(setAside::requireMost).hasMessageContaining("2 of 3 inputs");
    }

    @Test
    void figuresAreNamedAndCounted() {
        // Given
        SetAside setAside = account(1, 2, 3);

        // When
        Map<String, Double> figures = setAside.figures();

        // Then
        assertThat(figures).isEqualTo(Map.of("promptsRefused", 3.0));
    }

    private static SetAside account(double most, int taken, int aside) {
        SetAside setAside = new SetAside(Stage.RLHF, most);
        setAside.take(SetAside.Kind.PROMPT, taken);
        for (int i = 0; i < aside; i++) {
            setAside.addRefused(SetAside.Cause.PROMPT_REFUSED, 1, "p" + i, Reason.verbatim("no"));
        }
        return setAside;
    }
}
