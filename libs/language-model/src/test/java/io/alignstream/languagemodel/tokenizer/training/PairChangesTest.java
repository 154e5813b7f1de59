package io.alignstream.languagemodel.tokenizer.training;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PairChangesTest {

    private static final int PAIRS = 20_000;

    @Test
    void growsWhileCountsGoDownAndUp() {
        // Given
        PairChanges changes = new PairChanges();

        // When
        for (int i = 0; i < PAIRS; i++) {
            changes.fewer(i, 7, 2);
        }
        for (int i = 0; i < PAIRS; i++) {
            changes.more(i, 7, 5, i);
        }

        // Then
        assertThat(changes.size()).isEqualTo(PAIRS);
        for (int i = 0; i < PAIRS; i++) {
            assertThat(changes.pair(i)).isEqualTo(PairIndex.pair(i, 7));
            assertThat(changes.change(i)).isEqualTo(3);
            assertThat(changes.words(i)[0]).isEqualTo(i);
        }
    }

    @Test
    void startsAnewAfterMany() {
        // Given
        PairChanges changes = new PairChanges();
        for (int i = 0; i < PAIRS; i++) {
            changes.more(i, 7, 5, i);
        }

        // When
        changes.clear();
        changes.fewer(3, 4, 1);

        // Then
        assertThat(changes.size()).isEqualTo(1);
        assertThat(changes.change(0)).isEqualTo(-1);
        assertThat(changes.wordCount(0)).isZero();
    }
}
