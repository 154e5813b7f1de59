package io.alignstream.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RankingUncertaintyTest {

    @ParameterizedTest
    @CsvSource({
        "0, 0, 1", // both see no difference
        "20, 20, 0", // both are sure
        "20, -20, 1", // both are sure, of the contrary
        "1.0986123, 1.0986123, 0.8112781" // odds of three to one
    })
    void theEntropyOfWhatBothExpect(double reward, double judge, double bits) {
        // When
        double uncertainty = RankingUncertainty.bits(new double[] {reward, 0}, new double[] {judge, 0});

        // Then
        assertThat(uncertainty).isCloseTo(bits, within(1e-6));
    }
}
