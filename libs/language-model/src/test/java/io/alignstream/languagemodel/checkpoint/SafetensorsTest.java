package io.alignstream.languagemodel.checkpoint;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ReadOnlyBufferException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {

    @TempDir
    Path folder;

    @Test
    void readsBackWhatWasWritten() throws IOException {
        // Given
        Path file = folder.resolve("model.safetensors");
        Map<String, Tensor> tensors = sample();
        // When
        Safetensors.write(file, tensors, Map.of("made", "by hand"));
        SequencedMap<String, Tensor> read = Safetensors.read(file);
        // Then
        assertThat(read).containsExactlyInAnyOrderEntriesOf(tensors);
        assertThat(requireNonNull(read.get("b")).toFloats()).containsExactly(1, -2.5f, Float.MIN_VALUE, 4, 5, 6);
        assertThat(requireNonNull(read.get("steps")).toLongs()).containsExactly(Long.MIN_VALUE, 7);
        assertThat(requireNonNull(read.get("bytes")).toLongs()).containsExactly(1, 255, 3);
        assertThat(requireNonNull(read.get("half")).toFloats()).containsExactly(1.5f);
        assertThat(requireNonNull(read.get("brain")).toFloats()).containsExactly(-3f, 0.5f);
        assertThat(Safetensors.readMetadata(file))
                .containsExactlyInAnyOrderEntriesOf(Map.of("made", "by hand", "format", "pt"));
    }

    @Test
    void mappedTensorsCannotBeWrittenTo() throws IOException {
        // Given
        Path file = folder.resolve("model.safetensors");
        Safetensors.write(file, sample(), Map.of());
        // When
        ByteBuffer data = requireNonNull(Safetensors.read(file).get("b")).data();
        // Then
        assertThatExceptionOfType(ReadOnlyBufferException.class).isThrownBy(() -> data.put(0, (byte) 1));
    }

    @Test
    void writesTheSameBytesWhateverTheOrderOfTheMap() throws IOException {
        // Given
        Map<String, Tensor> reversed = new LinkedHashMap<>();
        ((SequencedMap<String, Tensor>) sample()).reversed().forEach(reversed::put);
        // When
        Safetensors.write(folder.resolve("one"), sample(), Map.of("b", "1", "a", "2"));
        Safetensors.write(folder.resolve("two"), reversed, Map.of("a", "2", "b", "1"));
        // Then
        assertThat(folder.resolve("one")).hasSameBinaryContentAs(folder.resolve("two"));
    }

    @Test
    void layoutIsThatOfHuggingFace() throws IOException {
        // Given
        Path file = folder.resolve("model.safetensors");
        Map<String, Tensor> tensors =
                Map.of("x", Tensor.of(new byte[] {9}, 1), "w", Tensor.of(new float[] {1, 2}, 2, 1));
        // When
        Safetensors.write(file, tensors, Map.of());
        // Then
        byte[] bytes = Files.readAllBytes(file);
        int length = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
        assertThat(length % 8).isZero();
        assertThat(new String(bytes, 8, length, StandardCharsets.UTF_8).stripTrailing())
                .isEqualTo("{\"__metadata__\":{\"format\":\"pt\"},"
                        + "\"w\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},"
                        + "\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[8,9]}}");
        assertThat(Arrays.copyOfRange(bytes, 8 + length, bytes.length))
                .containsExactly(0, 0, 0x80, 0x3f, 0, 0, 0, 0x40, 9);
    }

    @Test
    void everyTruncationIsRefusedWithTheFilesName() throws IOException {
        // Given
        Path file = folder.resolve("model.safetensors");
        Safetensors.write(file, sample(), Map.of());
        byte[] whole = Files.readAllBytes(file);
        Path cut = folder.resolve("cut.safetensors");
        for (int length = 0; length < whole.length; length++) {
            Files.write(cut, Arrays.copyOf(whole, length));
            // When // Then
            assertThatExceptionOfType(DamagedCheckpointException.class)
                    .as("cut at %d", length)
                    .isThrownBy(() -> Safetensors.read(cut))
                    .withMessageContaining("cut.safetensors");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
        [] | no JSON object
        {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} | field a stands twice
        {"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}} | 'a': dtype 'F64' is unknown
        {"a":{"shape":[1],"data_offsets":[0,8]}} | 'a': dtype '' is unknown
        {"a":{"dtype":"F32","data_offsets":[0,8]}} | 'a': shape is missing
        {"a":{"dtype":"F32","shape":[2]}} | 'a': data_offsets is missing
        {"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}} | 'a': data_offsets has 1 entries
        {"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}} | 'a': shape has the entry -2
        {"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}} | 'a': shape has the entry 2.0
        {"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}} | 'a': shape
        {"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}} | 'a': shape has the entry
        {"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}} | 'a': F32[3] has 12 bytes
        {"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}} | 'a': starts at 4 where 0 was expected
        {"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}} | 'a': ends at 12 but there are 8 bytes
        {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} | 8 bytes of data but its tensors cover 4
        {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} | 'b': starts at 0
        {"a":{"dtype":"F32","shape":[1],"data_offsets":[8,4]}} | 'a': F32[1] has 4 bytes
        {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} x | no valid JSON
        {"a":{"dtype":"F32","shape":[[[[[[[[[2]]]]]]]]],"data_offsets":[0,8]}} | nested deeper than 8 levels
        {"a":7} | 'a': dtype '' is unknown
        """)
    void headersThatLieAreRefused(String header, String message) throws IOException {
        // Given
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + 8).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(json.length).put(json);
        Path file = Files.write(folder.resolve("bad.safetensors"), bytes.array());
        // When // Then
        assertThatExceptionOfType(DamagedCheckpointException.class)
                .isThrownBy(() -> Safetensors.read(file))
                .withMessageContaining("bad.safetensors")
                .withMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource({"-1", "1", "100000001", "9223372036854775807"})
    void headerLengthIsCapped(long length) throws IOException {
        // Given
        ByteBuffer bytes =
                ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
        Path file = Files.write(folder.resolve("bad.safetensors"), bytes.array());
        // When // Then
        assertThatExceptionOfType(DamagedCheckpointException.class)
                .isThrownBy(() -> Safetensors.read(file))
                .withMessageContaining("header has " + length + " bytes; allowed are 2 to 100000000");
    }

    @Test
    void tensorRefusesABufferOfAnotherSize() {
        // Given
        ByteBuffer twelve = ByteBuffer.allocate(12);
        // When // Then
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Tensor(Tensor.Type.F32, new long[] {2, 2}, twelve))
                .withMessage("a tensor F32[2, 2] has 16 bytes but the buffer holds 12");
    }

    @Test
    void reservedNamesAreRefused() {
        // Given
        Map<String, Tensor> tensors = Map.of("__metadata__", Tensor.of(new float[] {1}, 1));
        // When // Then
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Safetensors.write(folder.resolve("x"), tensors, Map.of()))
                .withMessageContaining("rename it");
    }

    private static SequencedMap<String, Tensor> sample() {
        SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("bytes", Tensor.of(new byte[] {1, -1, 3}, 3));
        tensors.put("b", Tensor.of(new float[] {1, -2.5f, Float.MIN_VALUE, 4, 5, 6}, 2, 3));
        tensors.put("a/ü", Tensor.of(new float[] {42}));
        tensors.put("empty", Tensor.of(new float[0], 0, 5));
        tensors.put("steps", Tensor.of(new long[] {Long.MIN_VALUE, 7}, 2));
        tensors.put("ids", Tensor.of(new int[] {-1, 1}, 2));
        ByteBuffer half = ByteBuffer.allocate(2).order(ByteOrder.LITTLE_ENDIAN);
        tensors.put("half", new Tensor(Tensor.Type.F16, new long[] {1}, half.putShort(0, Float.floatToFloat16(1.5f))));
        ByteBuffer brain = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
        brain.putShort(0, (short) (Float.floatToIntBits(-3f) >>> 16));
        brain.putShort(2, (short) (Float.floatToIntBits(0.5f) >>> 16));
        tensors.put("brain", new Tensor(Tensor.Type.BF16, new long[] {2}, brain));
        return tensors;
    }
}
