package io.alignstream.pretrain.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.TokenBatch.Split;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BatchSequenceTest {

    private static final String TOKENIZER = "a".repeat(64);

    private final BatchSequence sequence = new BatchSequence(TOKENIZER, 100);
    private final Packer packer = new Packer();

    @BeforeEach
    void admitTwoSequences() throws PoisonEventException {
        admit(batch(0, Split.TRAINING, 0, 4, 1, 2, 3, 4, 5, 6, 7, 8));
    }

    @Test
    void countsEachShardAndSplitOnItsOwn() throws PoisonEventException {
        // When
        admit(batch(0, Split.TRAINING, 2, 4, 1, 2, 3, 4));
        admit(batch(0, Split.VALIDATION, 0, 4, 1, 2, 3, 4));
        admit(batch(1, Split.TRAINING, 0, 4, 1, 2, 3, 4));
        admit(batch(1, Split.TRAINING, 1, 4));

        // Then
        assertThat(sequence.trainingSequences()).isEqualTo(4);
        assertThat(sequence.validationSequences()).isEqualTo(1);
    }

    @Test
    void refusesWhatRepeats() {
        assertThatThrownBy(() -> admit(batch(0, Split.TRAINING, 1, 4, 1, 2, 3, 4)))
                .isInstanceOf(PoisonEventException.class)
                .hasMessageContaining("sequence number 1 of shard 0 has been seen; the next one is 2");
    }

    @Test
    void refusesWhatSkipsAndDoesNotProveThatItIsThePackers() {
        assertThatThrownBy(() -> sequence.admit(
                        batch(0, Split.TRAINING, 5, 4, 1, 2, 3, 4),
                        new BatchRecord(0, 0, Optional.of("a".repeat(64)), Optional.empty())))
                .isInstanceOf(PoisonEventException.class)
                .hasMessageContaining("sequence numbers 2 to 4 of shard 0 are missing");
    }

    @Test
    void refusesAnotherLength() {
        assertThatThrownBy(() -> admit(batch(0, Split.TRAINING, 2, 2, 1, 2)))
                .isInstanceOf(PoisonEventException.class)
                .hasMessageContaining("sequences of 2 tokens among sequences of 4 tokens");
    }

    @Test
    void refusesIdsOutsideTheVocabularyAndGoesOnAfterThem() throws PoisonEventException {
        // Given
        Throwable refusal = catchThrowable(() -> sequence.admit(
                batch(0, Split.TRAINING, 2, 4, 1, 2, 100, 4),
                new BatchRecord(0, 0, Optional.empty(), Optional.empty())));

        // When
        admit(batch(0, Split.TRAINING, 2, 4, 1, 2, 3, 4));

        // Then
        assertThat(refusal)
                .isInstanceOf(PoisonEventException.class)
                .hasMessageContaining("token id 100 is outside the vocabulary of 100 ids");
        assertThat(sequence.trainingSequences()).isEqualTo(3);
    }

    @Test
    void refusesSequencesThatWereChangedOnTheWay() throws PoisonEventException {
        // Given
        TokenBatch third = batch(0, Split.TRAINING, 2, 4, 1, 2, 3, 4);
        BatchRecord record = packer.record(third, 0, 1);

        // When
        Throwable refusal = catchThrowable(() -> sequence.admit(batch(0, Split.TRAINING, 2, 4, 1, 2, 3, 5), record));
        sequence.admit(third, record);

        // Then
        assertThat(refusal)
                .isInstanceOf(PoisonEventException.class)
                .hasMessageContaining("the ledger of shard 0")
                .hasMessageContaining(record.ledgerRoot().orElseThrow());
        assertThat(sequence.ledger())
                .containsExactly(Map.entry(
                        "shard 0 training",
                        "3 sequences, root " + record.ledgerRoot().orElseThrow()));
    }

    @Test
    void refusesWhatNobodyVouchesFor() {
        assertThatThrownBy(() -> sequence.admit(
                        batch(0, Split.TRAINING, 2, 4, 1, 2, 3, 4),
                        new BatchRecord(0, 1, Optional.empty(), Optional.empty())))
                .isInstanceOf(PoisonEventException.class)
                .hasMessageContaining("the header ledger-root is missing");
    }

    @Test
    void goesOnBehindABatchThatIsLostAndKnowsWhichSequencesThatCost() throws PoisonEventException {
        // Given
        packer.record(batch(0, Split.TRAINING, 2, 4, 1, 2, 3, 4, 5, 6, 7, 8), 0, 1); // lost
        TokenBatch behind = batch(0, Split.TRAINING, 4, 4, 9, 9, 9, 9);
        BatchRecord record = packer.record(behind, 0, 2);

        // When
        sequence.admit(behind, record);
        admit(batch(0, Split.TRAINING, 5, 4, 8, 8, 8, 8));

        // Then
        assertThat(sequence.trainingSequences()).isEqualTo(4);
        assertThat(sequence.lost()).isEqualTo(2);
        assertThat(sequence.ledger().get("shard 0 training"))
                .startsWith("6 sequences, root ")
                .endsWith(", without 2 to 3");
    }

    @Test
    void takesNoSequenceOfABatchThatComesAgainBehindALostOne() throws PoisonEventException {
        // Given
        TokenBatch lost = batch(0, Split.TRAINING, 2, 4, 1, 2, 3, 4);
        BatchRecord late = packer.record(lost, 0, 3);
        admit(batch(0, Split.TRAINING, 3, 4, 9, 9, 9, 9));

        // When
        Throwable refusal = catchThrowable(() -> sequence.admit(lost, late));

        // Then
        assertThat(refusal).isInstanceOf(PoisonEventException.class).hasMessageContaining("has been seen");
    }

    private void admit(TokenBatch batch) throws PoisonEventException {
        sequence.admit(batch, packer.record(batch, 0, 0));
    }

    private static TokenBatch batch(int shard, Split split, long first, int length, int... tokens) {
        return new TokenBatch(TOKENIZER, shard, split, first, length, tokens, shard, 1, false);
    }
}
