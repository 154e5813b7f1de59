package io.alignstream.languagemodel.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceChoiceTest {

    @Test
    void a_card_is_taken_where_there_is_one_and_nothing_else_is_asked_for() {
        // When
        List<Device> without = devices(0);
        List<Device> with = devices(2);

        // Then
        assertThat(without).containsExactly(Device.cpu(), Device.cpu());
        assertThat(with).containsExactly(Device.gpu(0), Device.cpu());
        assertThat(DeviceChoice.of("cuda:1").among(2)).isEqualTo(Device.gpu(1));
    }

    private static List<Device> devices(int cards) {
        return Stream.of("auto", "cpu")
                .map(value -> DeviceChoice.of(value).among(cards))
                .toList();
    }

    @Test
    void a_card_that_is_not_there_is_refused_with_those_that_are() {
        // Given
        DeviceChoice fourth = DeviceChoice.of("cuda:3");

        // Then
        assertThatThrownBy(() -> fourth.among(2))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("alignstream.torch.device is cuda:3")
                .hasMessageContaining("cuda:0, cuda:1");
        assertThatThrownBy(() -> fourth.among(0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("finds no card")
                .hasMessageContaining("PYTORCH_LIBRARY_PATH");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpu", "cuda", "cuda:", "cuda:-1", "CPU", "", "cuda:1234"})
    void other_words_are_refused(String value) {
        assertThatThrownBy(() -> DeviceChoice.of(value))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"" + value + "\"")
                .hasMessageContaining("auto, cpu or cuda:N");
    }

    @Test
    void the_library_of_processors_finds_no_card() {
        // Given
        TorchRuntime.get();

        // When
        int cards = DeviceChoice.cards();

        // Then
        assertThat(cards).isZero();
        assertThat(TorchRuntime.get().card()).isEmpty();
        assertThat(TorchRuntime.fingerprint()).doesNotContainKeys("card", "driver");
    }
}
