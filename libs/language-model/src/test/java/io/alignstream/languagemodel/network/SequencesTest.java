package io.alignstream.languagemodel.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
    void parts_hold_all_rows_in_order_and_are_as_long_as_their_longest() {
        // Given: rows of 4, 2 and 2 positions
        Sequences answers = Sequences.answers(
                List.of(new int[] {4, 5, 0, 7, 4}, new int[] {0, 0, 6}, new int[] {8, 9, 1}), List.of(2, 1, 2));

        // When
        List<Sequences> parts = answers.parts(4);

        // Then
        assertThat(parts).hasSize(2);
        assertThat(parts.getFirst().ids()).containsExactly(4, 5, 0, 7);
        assertThat(parts.getFirst().targets()).containsExactly(-100, 0, 7, 4);
        assertThat(parts.getLast().ids()).containsExactly(0, 0, 8, 9);
        assertThat(parts.getLast().targets()).containsExactly(0, 6, -100, 1);
        assertThat(parts.getLast().lengths()).containsExactly(2, 2);
    }

    @Test
    void a_row_longer_than_allowed_is_a_part_of_its_own() {
        // Given
        Sequences answers = Sequences.answers(SAMPLED, List.of(2, 1));

        // When
        List<Sequences.Range> ranges = answers.ranges(1);

        // Then
        assertThat(ranges).containsExactly(new Sequences.Range(0, 1), new Sequences.Range(1, 2));
    }

    @Test
    void parts_begin_where_they_may() {
        // Given
        Sequences six = new Sequences(6, 1, new long[6], new long[6]);

        // When
        List<Sequences.Range> pairs = six.ranges(3, row -> row % 2 == 0);

        // Then
        assertThat(pairs)
                .containsExactly(new Sequences.Range(0, 2), new Sequences.Range(2, 4), new Sequences.Range(4, 6));
    }

    @Test
    void a_batch_that_fits_is_its_own_part() {
        // Given
        Sequences answers = Sequences.answers(SAMPLED, List.of(2, 1));

        // When, then
        assertThat(answers.parts(8)).containsExactly(answers);
    }

    @Test
    void no_position_at_a_time_is_refused() {
        // Given
        Sequences answers = Sequences.answers(SAMPLED, List.of(2, 1));

        // When, then
        assertThatThrownBy(() -> answers.parts(0)).hasMessageContaining("positions at a time is 0");
    }

    @Test
    void nothing_predicts_what_windows_of_text_are_filled_up_with() {
        // When
        Sequences windows = Sequences.packed(List.of(new int[] {4, 5, 6, 7}, new int[] {4, 5, 0, 0}), 0);

        // Then
        assertThat(windows.targets()).containsExactly(5, 6, 7, 5, -100, -100);
    }
}
