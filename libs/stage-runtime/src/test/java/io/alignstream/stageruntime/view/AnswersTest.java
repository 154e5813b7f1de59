package io.alignstream.stageruntime.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.stageruntime.Question;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;

class AnswersTest {

    /** Questions that are asked and not answered yet. */
    private final Deque<Runnable> asked = new ArrayDeque<>();

    private final Answers answers = new Answers(asked::add);
    private int times;

    @Test
    void anAnswerThatHoldsUntilTheNextJobIsAskedOnce() {
        // Given
        Question<Integer> question = Question.afterJobs(() -> ++times);
        answers.add(question);
        boolean early = answers.complete();
        asked.remove().run();

        // When
        boolean complete = answers.complete();
        answers.compared();
        boolean again = answers.complete();

        // Then
        assertThat(early).isFalse();
        assertThat(complete).isTrue();
        assertThat(again).isTrue();
        assertThat(answers.to(question)).isEqualTo(1);
        assertThat(asked).isEmpty();
    }

    @Test
    void afterAJobItIsAskedAnew() {
        // Given
        Question<Integer> question = Question.afterJobs(() -> ++times);
        answer(question);

        // When
        answers.jobEnded();
        boolean known = answers.complete();
        asked.remove().run();
        answers.complete();

        // Then
        assertThat(known).isFalse();
        assertThat(answers.to(question)).isEqualTo(2);
    }

    @Test
    void anAnswerThatHoldsOnceIsAskedForEachComparison() {
        // Given
        Question<Integer> question = Question.eachTime(() -> ++times);
        answer(question);

        // When
        answers.compared();
        boolean known = answers.complete();
        asked.remove().run();
        answers.complete();

        // Then
        assertThat(known).isFalse();
        assertThat(answers.to(question)).isEqualTo(2);
    }

    @Test
    void anAnswerFromBeforeAJobIsNotTakenAfterIt() {
        // Given: the question is being answered while the job ends
        Question<Integer> question = Question.afterJobs(() -> ++times);
        answers.add(question);
        answers.complete();
        Runnable late = asked.remove();

        // When
        answers.jobEnded();
        late.run();

        // Then
        assertThat(answers.complete()).isFalse();
    }

    @Test
    void anAnswerFromBeforeATriggerIsNotTakenAfterIt() {
        // Given: one question is answered, the other is being answered while a person asks for a run
        Question<Integer> known = Question.afterJobs(() -> 7);
        answer(known);
        Question<Integer> question = Question.eachTime(() -> ++times);
        answers.add(question);
        answers.complete();
        Runnable late = asked.remove();

        // When
        answers.triggered();
        late.run();
        boolean complete = answers.complete();
        asked.remove().run();
        answers.complete();

        // Then
        assertThat(complete).isFalse();
        assertThat(answers.to(question)).isEqualTo(2);
        assertThat(answers.to(known)).isEqualTo(7);
    }

    @Test
    void aQuestionThatNobodyAskedHasNoAnswer() {
        // Given
        Question<Integer> question = Question.afterJobs(() -> 1);

        // When, then
        assertThatThrownBy(() -> answers.to(question)).hasMessageContaining("ask it in subscribe()");
    }

    private void answer(Question<?> question) {
        answers.add(question);
        answers.complete();
        asked.remove().run();
        answers.complete();
    }
}
