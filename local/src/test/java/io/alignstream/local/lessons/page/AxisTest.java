package io.alignstream.local.lessons.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AxisTest {

    @Test
    void a_linear_axis_has_round_ticks_around_all_values() {
        // When
        Axis axis = Axis.linear("", 0.37, 1.93);

        // Then
        assertThat(axis.least()).isLessThanOrEqualTo(0.37);
        assertThat(axis.most()).isGreaterThanOrEqualTo(1.93);
        assertThat(axis.ticks()).hasSizeBetween(3, 8).allSatisfy(tick -> assertThat(tick / 0.5)
                .isCloseTo(Math.rint(tick / 0.5), within(1e-9)));
    }

    @Test
    void equal_ratios_are_equal_distances_on_a_logarithmic_axis() {
        // When
        Axis axis = Axis.logarithmic("", 3, 5_000);

        // Then
        assertThat(axis.place(100) - axis.place(10)).isCloseTo(axis.place(1_000) - axis.place(100), within(1e-9));
        assertThat(axis.ticks()).containsExactly(10.0, 100.0, 1_000.0);
        assertThat(Axis.logarithmic("", 3, 100).ticks()).contains(5.0, 20.0, 50.0);
    }

    @Test
    void one_value_alone_has_an_axis_too() {
        assertThat(Axis.linear("", 2).place(2)).isBetween(0.0, 1.0);
        assertThat(Axis.logarithmic("", 2).place(2)).isBetween(0.0, 1.0);
    }

    @Test
    void an_axis_without_a_range_is_refused() {
        assertThatThrownBy(() -> new Axis("", true, 0, 1, List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0.0 to 1.0");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "0.0005, 0.0005",
        "0.02, 0.02",
        "96.8254, 96.83",
        "0.5, 0.5",
        "2, 2",
        "128, 128",
        "20000, 20 k",
        "1500000, 1.5 M"
    })
    void ticks_are_short(double value, String shown) {
        assertThat(Axis.shown(value)).isEqualTo(shown);
    }
}
