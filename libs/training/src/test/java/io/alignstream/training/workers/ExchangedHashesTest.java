package io.alignstream.training.workers;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.hash.Sha256;
import org.junit.jupiter.api.Test;

class ExchangedHashesTest {

    @Test
    void hashes_of_several_workers_come_through_a_sum_digit_for_digit() {
        // Given
        String one = Sha256.hex("one");
        String other = "0".repeat(63) + "1";
        ExchangedHashes first = new ExchangedHashes(3);
        first.put(0, one);
        ExchangedHashes second = new ExchangedHashes(3);
        second.put(2, other);

        // When
        ExchangedHashes all = new ExchangedHashes(sum(first.numbers(), second.numbers()));

        // Then
        assertThat(all.get(0)).isEqualTo(one);
        assertThat(all.get(1)).isEqualTo("0".repeat(64));
        assertThat(all.get(2)).isEqualTo(other);
    }

    private static double[] sum(double[] left, double[] right) {
        double[] sum = left.clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += right[i];
        }
        return sum;
    }
}
