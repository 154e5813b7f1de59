package io.alignstream.languagemodel.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class NativeMemoryTest {

    @Test
    void memory_is_zero_at_first_and_can_be_written() {
        // When
        MemorySegment memory = NativeMemory.allocate(1 << 20);

        // Then
        assertThat(memory.byteSize()).isEqualTo(1 << 20);
        assertThat(memory.toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
        memory.fill((byte) 7);
        assertThat(memory.get(ValueLayout.JAVA_BYTE, (1 << 20) - 1)).isEqualTo((byte) 7);
    }

    @Test
    void nothing_is_allocated_for_an_empty_tensor() {
        assertThat(NativeMemory.allocate(0).byteSize()).isZero();
    }

    @Test
    void giving_back_what_was_freed_changes_nothing_that_is_in_use() {
        // Given
        MemorySegment memory = NativeMemory.allocate(1 << 20);
        memory.fill((byte) 3);

        // When, then
        assertThatCode(NativeMemory::trim).doesNotThrowAnyException();
        assertThat(memory.toArray(ValueLayout.JAVA_BYTE)).containsOnly(3);
    }
}
