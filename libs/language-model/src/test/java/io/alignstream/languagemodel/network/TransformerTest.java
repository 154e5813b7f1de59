package io.alignstream.languagemodel.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TransformerTest {

    private static final TransformerConfig GROUPED =
            new TransformerConfig(61, 2, 24, 4, 2, 40, 32, 10_000, 1e-5, false);
    private static final TransformerConfig TIED = TransformerConfig.of(53, 2, 32, 32);

    @Test
    void agreesWithTheNaiveOracle() {
        for (TransformerConfig config : List.of(GROUPED, TIED)) {
            // Given
            Random random = new Random(7);
            try (Transformer model = Transformer.initialise(config, 3)) {
                NaiveTransformer oracle = new NaiveTransformer(config, model.tensors());
                int[] row = random.ints(12, 0, config.vocabularySize()).toArray();

                // When
                float[] logs = model.logProbabilities(Sequences.packed(List.of(row), -1), 1)[0];

                // Then
                double[][] logits = oracle.logits(Arrays.copyOf(row, row.length - 1));
                for (int t = 0; t < logs.length; t++) {
                    double total = Arrays.stream(logits[t]).map(Math::exp).sum();
                    assertThat((double) logs[t]).isCloseTo(logits[t][row[t + 1]] - Math.log(total), within(2e-5));
                }
            }
        }
    }

    @Test
    void paddingChangesNothing() {
        try (Transformer model = Transformer.initialise(GROUPED, 3)) {
            // Given
            int[] shorter = {1, 2, 3, 4};
            int[] longer = {5, 6, 7, 8, 9, 10, 11};

            // When
            float[] alone = model.logProbabilities(Sequences.packed(List.of(shorter), 0), 1)[0];
            float[] padded = model.logProbabilities(Sequences.packed(List.of(shorter, longer), 0), 1)[0];

            // Then
            for (int t = 0; t < alone.length; t++) {
                assertThat(padded[t]).isCloseTo(alone[t], within(1e-5f));
            }
            assertThat(padded[alone.length]).isZero();
        }
    }

    @Test
    void scalarHeadReadsTheHiddenState() {
        try (Transformer model = Transformer.initialise(TIED, 3)) {
            // Given
            model.addHead(5);
            int[] row = {3, 1, 4, 1, 5, 9};
            Map<String, Tensor> tensors = model.tensors();
            float[] head = tensors.get("score.weight").toFloats();

            // When
            float[] values = model.scalars(Sequences.packed(List.of(row), -1))[0];

            // Then
            double[][] hidden = new NaiveTransformer(TIED, tensors).hidden(Arrays.copyOf(row, 5));
            for (int t = 0; t < values.length; t++) {
                double expected = 0;
                for (int i = 0; i < head.length; i++) {
                    expected += head[i] * hidden[t][i];
                }
                assertThat((double) values[t]).isCloseTo(expected, within(2e-4));
            }
        }
    }

    @Test
    void folderRoundTripKeepsEveryBit(@TempDir Path folder) throws Exception {
        try (Transformer model = Transformer.initialise(GROUPED, 3)) {
            // Given
            GROUPED.save(folder, new int[] {1}, 0);
            Safetensors.write(folder.resolve("model.safetensors"), model.tensors(), Map.of("format", "pt"));

            // When
            try (Transformer loaded = Transformer.load(folder)) {

                // Then
                assertThat(loaded.config()).isEqualTo(GROUPED);
                model.tensors().forEach((name, tensor) -> assertThat(
                                loaded.tensors().get(name).toFloats())
                        .as(name)
                        .isEqualTo(tensor.toFloats()));
            }
        }
    }

    @Test
    void refusesWeightsOfWhichOneIsMissing() {
        // Given
        Map<String, Tensor> incomplete = tensors();
        incomplete.remove("model.norm.weight");

        // When, then
        assertThatThrownBy(() -> Transformer.of(TIED, incomplete, "here"))
                .hasMessage("here: tensor model.norm.weight is missing");
    }

    @Test
    void refusesWeightsOfWhichOneHasAnotherShape() {
        // Given
        Map<String, Tensor> misshapen = tensors();
        misshapen.put("model.norm.weight", Tensor.of(new float[3], 3));

        // When, then
        assertThatThrownBy(() -> Transformer.of(TIED, misshapen, "here"))
                .hasMessageContaining("model.norm.weight is F32(3)")
                .hasMessageContaining("(32)");
    }

    private static Map<String, Tensor> tensors() {
        try (Transformer model = Transformer.initialise(TIED, 3)) {
            return new LinkedHashMap<>(model.tensors());
        }
    }

    @Test
    void refusesModelsOfAnotherType(@TempDir Path folder) throws IOException {
        // Given
        Files.writeString(folder.resolve("config.json"), "{\"model_type\":\"bert\"}");

        // When, then
        assertThatThrownBy(() -> TransformerConfig.load(folder)).hasMessageContaining("model_type is \"bert\"");
    }

    @Test
    void refusesAWidthThatItsHeadsCannotShare() {
        assertThatThrownBy(() -> new TransformerConfig(10, 1, 30, 4, 4, 8, 8, 1e4, 1e-6, true))
                .hasMessageContaining("width 30")
                .hasMessageContaining("heads 4");
    }

    @Test
    void truncatedCopyKeepsTheFirstBlocks() {
        // Given
        try (Transformer model = Transformer.initialise(TIED, 3)) {

            // When
            try (Transformer shallow = model.copy(1)) {

                // Then
                assertThat(shallow.config().layers()).isEqualTo(1);
                assertThat(shallow.tensors().keySet()).noneMatch(name -> name.contains("layers.1."));
                assertThat(shallow.tensors()
                                .get("model.layers.0.mlp.up_proj.weight")
                                .toFloats())
                        .isEqualTo(model.tensors()
                                .get("model.layers.0.mlp.up_proj.weight")
                                .toFloats());
            }
        }
    }

    @Test
    void logitsAreThoseOfTheOracle() {
        try (Transformer model = Transformer.initialise(GROUPED, 3)) {
            // Given
            int[] row = {8, 6, 7, 5, 3, 0, 9};
            double[][] expected = new NaiveTransformer(GROUPED, model.tensors()).logits(row);

            // When
            float[][] logits = model.logits(row);

            // Then
            for (int t = 0; t < row.length; t++) {
                for (int v = 0; v < GROUPED.vocabularySize(); v++) {
                    assertThat((double) logits[t][v]).isCloseTo(expected[t][v], within(1e-5));
                }
            }
        }
    }
}
