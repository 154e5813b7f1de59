package io.alignstream.languagemodel.generation;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.network.NetworkProgram;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.torch.TorchProgram;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PreparedWeightsTest {

    /** Numbers of a row that share a scale. */
    private static final int GROUP = 64;

    private static final TorchProgram ROUND_TRIP = NetworkProgram.with(
            TorchProgram.operators(PreparedWeights.class, "decoding")
                    + """

                      def round_trip(self, w: Tensor) -> Tensor:
                        return self.unpacked(self.int8(w))
                    """);

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

    @Test
    void int8IsWithinHalfAStepOfEachGroupsGreatestNumber() {
        // Given: rows of other sizes, one of zeros
        int rows = 12;
        int inputs = 128;
        float[] weight = new float[rows * inputs];
        Random random = new Random(5);
        for (int i = 0; i < weight.length; i++) {
            int row = i / inputs;
            weight[i] = row == 3 ? 0 : (float) (random.nextGaussian() * Math.pow(10, row - 6));
        }
        try (NDManager scope = TorchRuntime.get().newScope()) {

            // When
            float[] back = ROUND_TRIP
                    .run(scope, "round_trip", new NDList(scope.create(weight, new Shape(rows, inputs))))
                    .singletonOrThrow()
                    .toFloatArray();

            // Then
            for (int from = 0; from < weight.length; from += GROUP) {
                float greatest = 0;
                for (int i = from; i < from + GROUP; i++) {
                    greatest = Math.max(greatest, Math.abs(weight[i]));
                }
                for (int i = from; i < from + GROUP; i++) {
                    assertThat(Math.abs(back[i] - weight[i])).isLessThanOrEqualTo(greatest / 127 * 0.5001f);
                }
            }
            assertThat(back).isNotEqualTo(weight);
        }
    }

    private static List<ByteBuffer> bits(PreparedWeights weights) {
        NDList all = weights.arguments();
        weights.shape(all);
        return all.stream().map(NDArray::toByteBuffer).toList();
    }
}
