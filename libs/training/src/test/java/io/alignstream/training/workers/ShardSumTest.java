package io.alignstream.training.workers;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShardSumTest {

    /** Counted by hand: three workers of 16 shards leave one with those from 5 to 9, which are 5, 6 and 7, 8 and 9. */
    @ParameterizedTest
    @CsvSource({"1, 2", "2, 4", "4, 4", "8, 6", "16, 8"})
    void aWorkerHoldsSoManySetsAtMost(int shards, int sets) {
        assertThat(ShardSum.mostSets(shards)).isEqualTo(sets);
    }
}
