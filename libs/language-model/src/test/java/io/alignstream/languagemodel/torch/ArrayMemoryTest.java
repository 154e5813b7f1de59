package io.alignstream.languagemodel.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.alignstream.languagemodel.checkpoint.Tensor;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class ArrayMemoryTest {

    @Test
    void a_view_shows_what_its_array_becomes() {
        try (NDManager scope = TorchRuntime.get().newScope();
                ArrayMemory memory = new ArrayMemory()) {
            // Given
            NDArray array = ArrayMemory.copy(scope, Tensor.of(new float[] {1, 2, 3, 4}, 2, 2));
            Tensor view = memory.view(array);

            // When
            array.addi(1);

            // Then
            assertThat(view).isEqualTo(Tensor.of(new float[] {2, 3, 4, 5}, 2, 2));
        }
    }

    @Test
    void a_copy_stays_what_it_was() {
        try (NDManager scope = TorchRuntime.get().newScope();
                ArrayMemory memory = new ArrayMemory()) {
            // Given
            NDArray array = ArrayMemory.copy(scope, Tensor.of(new float[] {1, 2}, 2));
            Tensor copy = memory.view(array).copy();

            // When
            array.addi(1);

            // Then
            assertThat(copy).isEqualTo(Tensor.of(new float[] {1, 2}, 2));
        }
    }

    @Test
    void a_view_of_closed_memory_is_refused_instead_of_read() {
        try (NDManager scope = TorchRuntime.get().newScope()) {
            // Given
            NDArray array = ArrayMemory.copy(scope, Tensor.of(new float[] {1, 2}, 2));
            ArrayMemory memory = new ArrayMemory();
            Tensor view = memory.view(array);

            // When
            memory.close();
            memory.close();

            // Then
            assertThatThrownBy(view::toFloats).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void half_precision_becomes_fp32() {
        try (NDManager scope = TorchRuntime.get().newScope()) {
            // Given
            ByteBuffer halves = Tensor.memory(4);
            halves.putShort(Float.floatToFloat16(1.5f))
                    .putShort(Float.floatToFloat16(-2))
                    .flip();
            ByteBuffer brain = Tensor.memory(4);
            brain.putShort((short) (Float.floatToIntBits(1.5f) >>> 16))
                    .putShort((short) (Float.floatToIntBits(-2) >>> 16))
                    .flip();

            // When
            NDArray fromHalves = ArrayMemory.copy(scope, new Tensor(Tensor.Type.F16, new long[] {2}, halves));
            NDArray fromBrain = ArrayMemory.copy(scope, new Tensor(Tensor.Type.BF16, new long[] {2}, brain));

            // Then
            assertThat(fromHalves.toFloatArray()).containsExactly(1.5f, -2);
            assertThat(fromBrain.toFloatArray()).containsExactly(1.5f, -2);
        }
    }

    @Test
    void arrays_of_other_types_are_refused() {
        try (NDManager scope = TorchRuntime.get().newScope();
                ArrayMemory memory = new ArrayMemory()) {
            assertThatThrownBy(() -> memory.view(scope.create(new long[] {1})))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("int64");
        }
    }

    @Test
    void an_array_of_another_device_is_read_and_changed_through_copies() {
        try (NDManager scope = TorchRuntime.get().newScope()) {
            // Given
            NDArray array = ArrayMemory.copy(scope, Tensor.of(new float[] {1, 2, 3, 4}, 2, 2));
            Tensor before = ArrayMemory.snapshot(array);

            // When
            ArrayMemory.changeElsewhere(array, elements -> elements.put(3, elements.get(3) * 10));

            // Then
            assertThat(before).isEqualTo(Tensor.of(new float[] {1, 2, 3, 4}, 2, 2));
            assertThat(array.toFloatArray()).containsExactly(1, 2, 3, 40);
        }
    }
}
