package io.alignstream.languagemodel.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SequencesTest {

    private static final List<int[]> SAMPLED = List.of(new int[] {4, 5, 0, 7, 0}, new int[] {4, 0, 6});

    @Test
    void every_token_of_an_answer_is_a_target_whichever_it_is() {
        // When: both answers hold token 0, which padding is made of, one of them at its end
        Sequences answers = Sequences.answers(SAMPLED, List.of(2, 1));

        // Then
        assertThat(answers.ids()).containsExactly(4, 5, 0, 7, 4, 0, 0, 0);
        assertThat(answers.targets()).containsExactly(-100, 0, 7, 0, 0, 6, -100, -100);
        assertThat(answers.targetCount()).isEqualTo(5);
    }

    @Test
    void the_same_holds_for_several_answers_a_row() {
        // When
        PackedSequences packed = PackedSequences.of(
                SAMPLED, List.of(new boolean[] {false, false, true, true, true}, new boolean[] {false, true, true}));

        // Then
        assertThat(packed.rows().targets()).containsExactly(-100, 0, 7, 0, 0, 6, -100, -100);
    }

    @Test
    void nothing_predicts_what_windows_of_text_are_filled_up_with() {
        // When
        Sequences windows = Sequences.packed(List.of(new int[] {4, 5, 6, 7}, new int[] {4, 5, 0, 0}), 0);

        // Then
        assertThat(windows.targets()).containsExactly(5, 6, 7, 5, -100, -100);
    }
}
