package io.alignstream.contracts.hash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SequenceLedgerTest {

    private static final int LENGTH = 4;

    @Test
    void givesTheRootOfTheWholeTree() throws Exception {
        for (int size = 1; size <= 33; size++) {
            // Given
            int[] tokens = tokens(size);

            // When
            SequenceLedger ledger = new SequenceLedger();
            ledger.append(tokens, LENGTH);

            // Then
            assertThat(ledger.size()).isEqualTo(size);
            assertThat(ledger.root()).isEqualTo(HexFormat.of().formatHex(naive(tokens, 0, size)));
        }
    }

    @Test
    void continuesFromItsState() {
        // Given
        int[] tokens = tokens(100);
        SequenceLedger whole = new SequenceLedger();
        whole.append(tokens, LENGTH);

        // When
        SequenceLedger parts = new SequenceLedger();
        for (int i = 0; i < 100; i += 5) {
            parts = SequenceLedger.of(parts.state());
            parts.append(Arrays.copyOfRange(tokens, i * LENGTH, (i + 5) * LENGTH), LENGTH);
        }

        // Then
        assertThat(parts.root()).isEqualTo(whole.root());
        assertThat(parts.state()).isEqualTo(whole.state());
    }

    @Test
    void anotherSequenceOrderOrRepetitionHasAnotherRoot() {
        // Given
        int[] tokens = tokens(7);
        int[] changed = tokens.clone();
        changed[9]++;
        int[] swapped = tokens.clone();
        System.arraycopy(tokens, 0, swapped, LENGTH, LENGTH);
        System.arraycopy(tokens, LENGTH, swapped, 0, LENGTH);
        int[] repeated = Arrays.copyOf(tokens, 8 * LENGTH);
        System.arraycopy(tokens, 6 * LENGTH, repeated, 7 * LENGTH, LENGTH);

        // When
        Set<String> roots = new HashSet<>();
        for (int[] each : new int[][] {tokens, changed, swapped, repeated, {}}) {
            SequenceLedger ledger = new SequenceLedger();
            ledger.append(each, LENGTH);
            roots.add(ledger.root());
        }

        // Then
        assertThat(roots).hasSize(5);
    }

    @Test
    void refusesADamagedState() {
        assertThatThrownBy(() -> SequenceLedger.of(new byte[] {0, 0, 0, 0, 0, 0, 0, 3}))
                .hasMessageContaining("0 hashes do not belong to 3 sequences");
    }

    private static int[] tokens(int sequences) {
        return IntStream.range(0, sequences * LENGTH).map(i -> i * 7 % 100).toArray();
    }

    /** Splits at the greatest power of two below the size, as RFC 6962 does. */
    private static byte[] naive(int[] tokens, int from, int to) {
        if (to - from == 1) {
            ByteBuffer leaf = ByteBuffer.allocate(1 + LENGTH * 4)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .put((byte) 0);
            for (int i = from * LENGTH; i < to * LENGTH; i++) {
                leaf.putInt(tokens[i]);
            }
            return new Sha256().add(leaf.array()).bytes();
        }
        int half = Integer.highestOneBit(to - from - 1);
        return new Sha256()
                .add((byte) 1)
                .add(naive(tokens, from, from + half))
                .add(naive(tokens, from + half, to))
                .bytes();
    }
}
