package io.alignstream.pretrain.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.TokenBatch.Split;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BatchReplayTest {

    private static final String TOKENIZER = "a".repeat(64);

    private final Packer packer = new Packer();
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
        Sent repeated = new Sent(first.batch(), at(2, first.record()));
        Sent refused = new Sent(batch(Split.TRAINING, 2, 2, 31), at(3, second.record()));

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
        Sent now = sent(new Packer(), 7, batch(Split.TRAINING, 0, 2, 31));
        BatchReplay pass =
                admitted(sent(new Packer(), 7, batch(Split.TRAINING, 0, 1, 62))).replay();

        // When
        boolean taken = now.admittedBy(pass);

        // Then
        assertThat(taken).isFalse();
        assertThat(pass.complete()).isFalse();
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

    private Sent sent(long offset, TokenBatch batch) {
        return sent(packer, offset, batch);
    }

    private static Sent sent(Packer packer, long offset, TokenBatch batch) {
        return new Sent(batch, packer.record(batch, 0, offset));
    }

    private static BatchRecord at(long offset, BatchRecord record) {
        return new BatchRecord(record.partition(), offset, record.ledgerRoot(), record.ledgerBefore());
    }

    private static TokenBatch batch(Split split, long firstSequence, int... tokens) {
        return new TokenBatch(TOKENIZER, 0, split, firstSequence, 2, tokens, 0, 0, false);
    }
}
