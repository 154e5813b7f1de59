package io.alignstream.pretrain.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.pretrain.TinyText;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class MaskingTest {

    private static final Tokenizer TOKENIZER = TinyText.tokenizer().withMask();
    private static final int MASK = TOKENIZER.mask().orElseThrow();
    private static final List<int[]> ROWS = TinyText.sequences(TOKENIZER, 0, 3_000);

    private final Masking masking = new Masking(TOKENIZER, 7);

    @Test
    void hides_fifteen_in_a_hundred_tokens_by_the_rule_of_eighty_ten_ten() {
        // Given
        long words = ROWS.stream()
                .flatMapToInt(Arrays::stream)
                .filter(id -> TOKENIZER.byteLength(id) > 0)
                .count();

        // When
        Sequences hidden = masking.training(ROWS, 0);

        // Then
        int masked = 0;
        int kept = 0;
        for (int i = 0; i < hidden.ids().length; i++) {
            int original = ROWS.get(i / hidden.time())[i % hidden.time()];
            if (hidden.targets()[i] < 0) {
                assertThat(hidden.ids()[i]).isEqualTo(original);
                continue;
            }
            assertThat(hidden.targets()[i]).isEqualTo(original);
            assertThat(TOKENIZER.byteLength(original))
                    .as("token %s is text", original)
                    .isPositive();
            masked += hidden.ids()[i] == MASK ? 1 : 0;
            kept += hidden.ids()[i] == original ? 1 : 0;
        }
        int count = hidden.targetCount();
        assertThat((double) count / words).isCloseTo(0.15, within(0.02)); // whole tokens of short rows
        assertThat((double) masked / count).isCloseTo(0.8, within(0.02));
        assertThat((double) kept / count).isCloseTo(0.1, within(0.015));
        assertThat((double) (count - masked - kept) / count).isCloseTo(0.1, within(0.015));
    }

    @Test
    void what_is_hidden_depends_on_seed_and_place_alone() {
        // Given
        List<int[]> later = ROWS.subList(40, 44);

        // When
        Sequences atOnce = masking.training(ROWS.subList(0, 44), 0);
        Sequences again = masking.training(later, 40);

        // Then
        int time = again.time();
        assertThat(again.ids()).isEqualTo(Arrays.copyOfRange(atOnce.ids(), 40 * time, 44 * time));
        assertThat(again.targets()).isEqualTo(Arrays.copyOfRange(atOnce.targets(), 40 * time, 44 * time));
        assertThat(masking.training(later, 3_040).targets()).isNotEqualTo(again.targets());
        assertThat(new Masking(TOKENIZER, 8).training(later, 40).targets()).isNotEqualTo(again.targets());
        assertThat(new Masking(TOKENIZER, 8).heldOut(later, 0).ids())
                .isEqualTo(masking.heldOut(later, 0).ids());
    }

    @Test
    void padding_is_no_part_of_a_row_and_control_tokens_are_never_hidden() {
        // Given
        int[] row = new int[8];
        Arrays.fill(row, TOKENIZER.pad());
        row[0] = TOKENIZER.endOfDocument();
        row[1] = TOKENIZER.encode("成")[0];
        row[2] = TOKENIZER.endOfDocument();
        int[] nothing = new int[8];
        Arrays.fill(nothing, TOKENIZER.pad());

        // When
        Sequences hidden = masking.training(List.of(row, nothing), 0);

        // Then: the one word there is
        assertThat(hidden.lengths()).containsExactly(3, 0);
        assertThat(hidden.counted()).containsExactly(1);
    }

    @Test
    void a_tokenizer_without_mask_is_refused() {
        assertThatThrownBy(() -> new Masking(TinyText.tokenizer(), 1)).hasMessageContaining("withMask");
    }
}
