package io.alignstream.pretrain.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.TokenBatch.Split;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BatchReplayTest {

    private static final String TOKENIZER = "a".repeat(64);

    private final TokenBatch first = batch(Split.TRAINING, 0, 1, 2, 3, 4);
    private final TokenBatch heldOut = batch(Split.VALIDATION, 0, 5, 6);
    private final TokenBatch second = batch(Split.TRAINING, 2, 1, 2);

    @Test
    void admitsTheSameBatchesOnceMore() throws PoisonEventException {
        // Given
        BatchReplay pass = admitted(first, heldOut, second).replay();

        // When
        List<TokenBatch> taken =
                Stream.of(first, heldOut, second).filter(pass::admits).toList();

        // Then
        assertThat(taken).containsExactly(first, heldOut, second);
        assertThat(pass.complete()).isTrue();
    }

    @Test
    void leavesOutWhatWasRefused() throws PoisonEventException {
        // Given: a repeat, and a batch in the place of the second with another token
        BatchReplay pass = admitted(first, heldOut, second).replay();
        TokenBatch changed = batch(Split.TRAINING, 2, 1, 3);

        // When
        List<TokenBatch> taken = Stream.of(first, first, heldOut, changed, second, changed)
                .filter(pass::admits)
                .toList();

        // Then
        assertThat(taken).containsExactly(first, heldOut, second);
    }

    @Test
    void missesWhatDoesNotCome() throws PoisonEventException {
        // Given
        BatchReplay pass = admitted(first, heldOut, second).replay();

        // When
        Stream.of(first, second).forEach(pass::admits);

        // Then
        assertThat(pass.complete()).isFalse();
    }

    private static BatchSequence admitted(TokenBatch... batches) throws PoisonEventException {
        BatchSequence sequence = new BatchSequence(TOKENIZER, 100);
        for (TokenBatch batch : batches) {
            sequence.admit(batch, Optional.empty());
        }
        return sequence;
    }

    private static TokenBatch batch(Split split, long firstSequence, int... tokens) {
        return new TokenBatch(TOKENIZER, 0, split, firstSequence, 2, tokens, 0, 0, false);
    }
}
