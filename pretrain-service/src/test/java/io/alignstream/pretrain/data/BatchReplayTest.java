package io.alignstream.pretrain.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.TokenBatch.Split;
import io.alignstream.contracts.hash.SequenceLedger;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BatchReplayTest {

    private static final String TOKENIZER = "a".repeat(64);

    private final Sent first = sent(0, batch(Split.TRAINING, 0, 1, 2, 3, 4));
    private final Sent heldOut = sent(1, batch(Split.VALIDATION, 0, 5, 6));
    private final Sent second = sent(4, batch(Split.TRAINING, 2, 1, 62));

    /** A batch in its record. */
    private record Sent(TokenBatch batch, BatchRecord record) {

        boolean admittedBy(BatchReplay pass) {
            return pass.admits(batch, record);
        }
    }

    @Test
    void admitsTheSameBatchesOnceMore() throws PoisonEventException {
        // Given
        BatchReplay pass = admitted(first, heldOut, second).replay();

        // When
        List<Sent> taken = Stream.of(first, heldOut, second)
                .filter(sent -> sent.admittedBy(pass))
                .toList();

        // Then
        assertThat(taken).containsExactly(first, heldOut, second);
        assertThat(pass.complete()).isTrue();
    }

    @Test
    void leavesOutWhatWasRefused() throws PoisonEventException {
        // Given: a repeat, and before the second one a batch in its place with other tokens of the same hash code
        BatchReplay pass = admitted(first, heldOut, second).replay();
        Sent repeated = sent(2, first.batch());
        Sent refused = sent(3, batch(Split.TRAINING, 2, 2, 31));

        // When
        List<Sent> taken = Stream.of(first, heldOut, repeated, refused, second)
                .filter(sent -> sent.admittedBy(pass))
                .toList();

        // Then
        assertThat(taken).containsExactly(first, heldOut, second);
        assertThat(pass.complete()).isTrue();
    }

    @Test
    void missesABatchInWhosePlaceTheTopicHoldsAnotherSinceItWasMadeAnew() throws PoisonEventException {
        // Given: two packers' batches at one offset, with other tokens of the same hash code
        TokenBatch changed = batch(Split.TRAINING, 0, 2, 31);
        Sent now = new Sent(changed, new BatchRecord(0, 7, Optional.of(root(changed))));
        TokenBatch original = batch(Split.TRAINING, 0, 1, 62);
        BatchReplay pass = admitted(new Sent(original, new BatchRecord(0, 7, Optional.of(root(original)))))
                .replay();

        // When
        boolean taken = now.admittedBy(pass);

        // Then
        assertThat(taken).isFalse();
        assertThat(pass.complete()).isFalse();
    }

    @Test
    void missesAChangedBatchOfWhichNobodyKeepsALedger() throws PoisonEventException {
        // Given: other tokens of the same hash code
        BatchReplay pass = admitted(sent(0, batch(Split.TRAINING, 0, 1, 62))).replay();
        Sent changed = sent(0, batch(Split.TRAINING, 0, 2, 31));

        // When
        boolean taken = changed.admittedBy(pass);

        // Then
        assertThat(taken).isFalse();
    }

    @Test
    void missesWhatDoesNotCome() throws PoisonEventException {
        // Given
        BatchReplay pass = admitted(first, heldOut, second).replay();

        // When
        Stream.of(first, second).forEach(sent -> sent.admittedBy(pass));

        // Then
        assertThat(pass.complete()).isFalse();
    }

    private static BatchSequence admitted(Sent... batches) throws PoisonEventException {
        BatchSequence sequence = new BatchSequence(TOKENIZER, 100);
        for (Sent sent : batches) {
            sequence.admit(sent.batch(), sent.record());
        }
        return sequence;
    }

    private static Sent sent(long offset, TokenBatch batch) {
        return new Sent(batch, new BatchRecord(0, offset, Optional.empty()));
    }

    private static String root(TokenBatch batch) {
        SequenceLedger packer = new SequenceLedger();
        packer.append(batch.tokens(), batch.sequenceLength());
        return packer.root();
    }

    private static TokenBatch batch(Split split, long firstSequence, int... tokens) {
        return new TokenBatch(TOKENIZER, 0, split, firstSequence, 2, tokens, 0, 0, false);
    }
}
