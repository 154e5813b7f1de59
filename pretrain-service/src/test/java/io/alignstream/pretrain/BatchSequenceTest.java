package io.alignstream.pretrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.TokenBatch.Split;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BatchSequenceTest {

    private static final String TOKENIZER = "a".repeat(64);

    private final BatchSequence sequence = new BatchSequence(TOKENIZER, 100);

    @BeforeEach
    void admitTwoSequences() throws PoisonEventException {
        sequence.admit(batch(0, Split.TRAINING, 0, 4, 1, 2, 3, 4, 5, 6, 7, 8));
    }

    @Test
    void countsEachShardAndSplitOnItsOwn() throws PoisonEventException {
        // When
        sequence.admit(batch(0, Split.TRAINING, 2, 4, 1, 2, 3, 4));
        sequence.admit(batch(0, Split.VALIDATION, 0, 4, 1, 2, 3, 4));
        sequence.admit(batch(1, Split.TRAINING, 0, 4, 1, 2, 3, 4));
        sequence.admit(batch(1, Split.TRAINING, 1, 4));

        // Then
        assertThat(sequence.trainingSequences()).isEqualTo(4);
        assertThat(sequence.validationSequences()).isEqualTo(1);
    }

    @Test
    void refusesWhatRepeats() {
        assertThatThrownBy(() -> sequence.admit(batch(0, Split.TRAINING, 1, 4, 1, 2, 3, 4)))
                .isInstanceOf(PoisonEventException.class)
                .hasMessageContaining("sequence number 1 of shard 0 has been seen; the next one is 2");
    }

    @Test
    void refusesWhatSkips() {
        assertThatThrownBy(() -> sequence.admit(batch(0, Split.TRAINING, 5, 4, 1, 2, 3, 4)))
                .isInstanceOf(PoisonEventException.class)
                .hasMessageContaining("sequence numbers 2 to 4 of shard 0 are missing");
    }

    @Test
    void refusesAnotherLength() {
        assertThatThrownBy(() -> sequence.admit(batch(0, Split.TRAINING, 2, 2, 1, 2)))
                .isInstanceOf(PoisonEventException.class)
                .hasMessageContaining("sequences of 2 tokens among sequences of 4 tokens");
    }

    @Test
    void refusesIdsOutsideTheVocabularyAndGoesOnAfterThem() throws PoisonEventException {
        // Given
        assertThatThrownBy(() -> sequence.admit(batch(0, Split.TRAINING, 2, 4, 1, 2, 100, 4)))
                .isInstanceOf(PoisonEventException.class)
                .hasMessageContaining("token id 100 is outside the vocabulary of 100 ids");

        // When
        sequence.admit(batch(0, Split.TRAINING, 2, 4, 1, 2, 3, 4));

        // Then
        assertThat(sequence.trainingSequences()).isEqualTo(3);
    }

    private static TokenBatch batch(int shard, Split split, long first, int length, int... tokens) {
        return new TokenBatch(TOKENIZER, shard, split, first, length, tokens, shard, 1, false);
    }
}
