package io.alignstream.languagemodel.generation;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PreparedWeightsTest {

    @TempDir
    private Path folder;

    static Stream<Arguments> blockByBlockTheyAreTheSameBits() {
        return Stream.of(WeightFormat.values())
                .flatMap(format -> Stream.of(true, false).map(tied -> Arguments.of(format, tied)));
    }

    @ParameterizedTest
    @MethodSource
    void blockByBlockTheyAreTheSameBits(WeightFormat format, boolean tied) throws IOException {
        // Given
        TransformerConfig config = new TransformerConfig(50, 3, 64, 4, 2, 96, 12, 10_000, 1e-6, tied);
        try (Transformer network = Transformer.initialise(config, 3);
                PreparedWeights whole = new PreparedWeights(network, format)) {
            config.save(folder, new int[] {1}, 0);
            Safetensors.write(folder.resolve("model.safetensors"), network.tensors(), Map.of("format", "pt"));

            // When
            try (PreparedWeights loaded = PreparedWeights.load(folder, format)) {

                // Then
                assertThat(loaded.config()).isEqualTo(config);
                assertThat(bits(loaded)).containsExactlyElementsOf(bits(whole));
                assertThat(new TextEmbedder(loaded).embed(4, 17, 30))
                        .isEqualTo(new TextEmbedder(whole).embed(4, 17, 30));
            }
        }
    }

    private static List<ByteBuffer> bits(PreparedWeights weights) {
        NDList all = weights.arguments();
        weights.shape(all);
        return all.stream().map(NDArray::toByteBuffer).toList();
    }
}
