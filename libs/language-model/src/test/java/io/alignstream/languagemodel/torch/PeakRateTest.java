package io.alignstream.languagemodel.torch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PeakRateTest {

    @Test
    void what_a_machine_can_do_is_measured_once() {
        // Given
        double first = PeakRate.flopsPerSecond(Precision.FLOAT32);

        // When
        double again = PeakRate.flopsPerSecond(Precision.FLOAT32);

        // Then: any processor does some hundred million, and none 100 tera
        assertThat(first).isBetween(1e8, 1e14);
        assertThat(again).isEqualTo(first);
    }

    @ParameterizedTest
    @CsvSource({
        "NVIDIA H100 80GB HBM3, BFLOAT16, 989e12",
        "NVIDIA H100 PCIe, BFLOAT16, 756e12",
        "NVIDIA H200, BFLOAT16, 989e12",
        "NVIDIA A100-SXM4-80GB, FLOAT32, 19.5e12",
        "NVIDIA GeForce RTX 4090, FLOAT32, 82.6e12",
    })
    void of_a_known_card_it_is_what_its_maker_publishes(String card, Precision precision, double flops) {
        // When
        var published = PeakRate.published(card, precision);

        // Then
        assertThat(published).hasValue(flops);
    }

    @Test
    void a_card_that_nobody_knows_is_measured() {
        // When
        var published = PeakRate.published("NVIDIA GeForce GTX 980", Precision.FLOAT32);

        // Then
        assertThat(published).isEmpty();
    }
}
