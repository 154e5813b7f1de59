package io.alignstream.contracts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNoException;

import io.alignstream.contracts.TokenBatch.Split;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenBatchTest {

    private static final int SEQUENCES_AT = 44;
    private static final int SEQUENCE_LENGTH_AT = 48;

    @Test
    void smallIdsTakeTwoBytesAndLargeOnesFour() {
        // Given
        TokenBatch small = batch(4, 1, 2, 3, 65_535);
        TokenBatch large = batch(4, 1, 2, 3, 65_536);
        // When
        int difference = large.encode().length - small.encode().length;
        // Then
        assertThat(difference).isEqualTo(4 * 2);
    }

    @Test
    void largeIdsComeBack() throws PoisonEventException {
        // Given
        TokenBatch batch = batch(2, 70_000, Integer.MAX_VALUE);
        // When
        TokenBatch read = TokenBatch.decode(batch.encode());
        // Then
        assertThat(read).usingRecursiveComparison().isEqualTo(batch);
    }

    @Test
    void anEmptyBatchCanEndASnapshot() throws PoisonEventException {
        // Given
        TokenBatch batch = batch(8);
        // When
        TokenBatch read = TokenBatch.decode(batch.encode());
        // Then
        assertThat(read.sequences()).isZero();
        assertThat(read.nextSequence()).isEqualTo(read.firstSequence());
        assertThat(read.endOfSnapshot()).isTrue();
    }

    @Test
    void sequencesAreRows() {
        // Given
        TokenBatch batch = batch(2, 1, 2, 3, 4, 5, 6);
        // When // Then
        assertThat(batch.sequences()).isEqualTo(3);
        assertThat(batch.sequence(1)).containsExactly(3, 4);
        assertThat(batch.nextSequence()).isEqualTo(10);
    }

    @Test
    void tokensOfAnotherTokenizerAreNoticed() {
        // Given
        TokenBatch batch = batch(2, 1, 99);
        // When // Then
        assertThatNoException().isThrownBy(() -> batch.requireTokensBelow(100));
        assertThatExceptionOfType(PoisonEventException.class)
                .isThrownBy(() -> batch.requireTokensBelow(99))
                .withMessage("token id 99 is outside the vocabulary of 99 ids");
    }

    @Test
    void rowsMustBeWhole() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> batch(4, 1, 2, 3))
                .withMessageContaining("3 tokens do not make sequences of 4");
    }

    @Test
    void negativeIdsAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> batch(1, -1))
                .withMessage("tokens[] is -1 but must be at least 0");
    }

    @Test
    void anUnknownVersionSaysSo() {
        // Given
        byte[] bytes = batch(1, 7).encode();
        bytes[4] = 2;
        // When // Then
        assertThatExceptionOfType(PoisonEventException.class)
                .isThrownBy(() -> TokenBatch.decode(bytes))
                .withMessage("token batch version 2 is unknown; known is 1");
    }

    @ParameterizedTest
    @CsvSource({
        "-1, -1",
        "1, 0",
        "0, 0",
        "0, -1",
        "-1, 1",
        "2147483647, 2147483647",
        "-2147483648, -2147483648",
        "65536, 65536",
    })
    void countsThatLieArePoisonEvenWithAValidChecksum(int sequences, int sequenceLength) {
        // Given
        byte[] bytes = batch(1, 7).encode();
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(SEQUENCES_AT, sequences).putInt(SEQUENCE_LENGTH_AT, sequenceLength);
        CRC32C checksum = new CRC32C();
        checksum.update(bytes, 0, bytes.length - 4);
        buffer.putInt(bytes.length - 4, (int) checksum.getValue());
        // When // Then
        assertThatExceptionOfType(PoisonEventException.class).isThrownBy(() -> TokenBatch.decode(bytes));
    }

    private static TokenBatch batch(int sequenceLength, int... tokens) {
        return new TokenBatch(Samples.HASH, 0, Split.TRAINING, 7, sequenceLength, tokens, 0, 12, true);
    }
}
