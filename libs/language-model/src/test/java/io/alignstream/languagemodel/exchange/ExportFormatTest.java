package io.alignstream.languagemodel.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.languagemodel.checkpoint.ModelWeights;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Architecture;
import io.alignstream.languagemodel.network.RotaryScaling;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.network.Variant;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That other programs compute the same with these files is what {@code InteroperabilityIT} checks. */
class ExportFormatTest {

    private static final Tokenizer TOKENIZER =
            new BpeTrainer(320).train(List.of("今天来上海出差了。", "成都必去景点是熊猫基地。").iterator());
    private static final int HEADS = 2;
    private static final int HEAD_WIDTH = 8;

    @TempDir
    private Path folder;

    @Test
    void aHuggingFaceFolderHasTheModelAndNothingElse() throws IOException {
        // Given
        Path checkpoint = model(Architecture.LLAMA, false);
        Files.writeString(checkpoint.resolve("training-state.safetensors"), "moments");

        // When
        ExportFormat.HUGGINGFACE.export(checkpoint, folder.resolve("new/folder"));

        // Then
        try (Stream<Path> files = Files.list(folder.resolve("new/folder"))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            "config.json",
                            "generation_config.json",
                            "model.safetensors",
                            "tokenizer.json",
                            "tokenizer_config.json");
        }
        assertThat(folder.resolve("new/folder/model.safetensors"))
                .hasSameBinaryContentAs(checkpoint.resolve("model.safetensors"));
    }

    @Test
    void aGgufFileHasEveryWeightUnderTheNamesOfLlamaCpp() throws IOException {
        for (Architecture architecture : EnumSet.complementOf(EnumSet.of(Architecture.EUROBERT))) { // fills blanks only
            // Given
            Path checkpoint = model(architecture, architecture == Architecture.QWEN2);
            Path file = folder.resolve(architecture + ".gguf");

            // When
            ExportFormat.GGUF.export(checkpoint, file);

            // Then
            GgufFile gguf = GgufFile.read(file);
            Map<String, Tensor> weights = Safetensors.read(checkpoint.resolve(ModelWeights.FILE));
            assertThat(gguf.tensors()).hasSameSizeAs(weights);
            assertThat(gguf.metadata())
                    .containsEntry("general.architecture", architecture.modelType())
                    .containsEntry(architecture.modelType() + ".block_count", 2L)
                    .containsEntry(architecture.modelType() + ".attention.head_count_kv", 1L)
                    .containsEntry("tokenizer.ggml.eos_token_id", (long) TOKENIZER.endOfTurn())
                    .containsEntry("tokenizer.ggml.add_bos_token", false);
            assertThat((List<?>) gguf.metadata().get("tokenizer.ggml.tokens"))
                    .hasSize(TOKENIZER.vocabularySize())
                    .element(TOKENIZER.user())
                    .isEqualTo("<|user|>");
            assertThat(tensor(gguf, "blk.1.ffn_down.weight"))
                    .isEqualTo(weights.get("model.layers.1.mlp.down_proj.weight"));
            assertThat(tensor(gguf, "token_embd.weight")).isEqualTo(weights.get("model.embed_tokens.weight"));
        }
    }

    @Test
    void theTwoHalvesOfALlamasHeadsAreInterleaved() throws IOException {
        // Given
        Path checkpoint = model(Architecture.LLAMA, false);
        Path file = folder.resolve("model.gguf");

        // When
        ExportFormat.GGUF.export(checkpoint, file);

        // Then
        float[] theirs = tensor(GgufFile.read(file), "blk.0.attn_q.weight").toFloats();
        float[] ours = Safetensors.read(checkpoint.resolve(ModelWeights.FILE))
                .get("model.layers.0.self_attn.q_proj.weight")
                .toFloats();
        int width = ours.length / (HEADS * HEAD_WIDTH);
        for (int head = 0; head < HEADS; head++) {
            for (int i = 0; i < HEAD_WIDTH; i++) {
                int from = head * HEAD_WIDTH + i % 2 * HEAD_WIDTH / 2 + i / 2;
                assertThat(row(theirs, head * HEAD_WIDTH + i, width)).isEqualTo(row(ours, from, width));
            }
        }
    }

    private static Tensor tensor(GgufFile gguf, String name) {
        GgufFile.Stored stored = Objects.requireNonNull(gguf.tensors().get(name));
        return new Tensor(Tensor.Type.valueOf(stored.type().name()), stored.shape(), stored.data());
    }

    @Test
    void whatHasNoPlaceInAFormatIsRefused() throws IOException {
        // Given
        Path biased = model(Architecture.QWEN3, true);

        // When / Then
        assertThatThrownBy(() -> ExportFormat.GGUF.export(biased, folder.resolve("biased.gguf")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("biases");
        assertThatThrownBy(() -> ExportFormat.PEFT.export(biased, folder.resolve("peft")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no adapters");
        assertThat(folder.resolve("biased.gguf")).doesNotExist();
        assertThat(folder.resolve("peft")).doesNotExist();
    }

    @Test
    void nothingIsOverwritten() throws IOException {
        // Given
        Path checkpoint = model(Architecture.LLAMA, false);
        Path file = Files.writeString(folder.resolve("model.gguf"), "precious");

        // When / Then
        assertThatThrownBy(() -> ExportFormat.GGUF.export(checkpoint, file))
                .isInstanceOf(FileAlreadyExistsException.class)
                .hasMessageContaining("model.gguf");
        assertThat(file).hasContent("precious");
    }

    @Test
    void nothingOfAKilledExportIsInTheNextOne() throws IOException {
        // Given: one of a model in two files was killed when the first was written
        Path checkpoint = model(Architecture.LLAMA, false);
        Path leftover = Files.createDirectory(folder.resolve(".exported.unfinished"));
        Files.writeString(leftover.resolve("model-00001-of-00002.safetensors"), "of another model");

        // When
        ExportFormat.HUGGINGFACE.export(checkpoint, folder.resolve("exported"));

        // Then
        assertThat(folder.resolve("exported/model-00001-of-00002.safetensors")).doesNotExist();
        assertThat(folder.resolve("exported/model.safetensors"))
                .hasSameBinaryContentAs(checkpoint.resolve("model.safetensors"));
    }

    private static float[] row(float[] matrix, int row, int width) {
        return java.util.Arrays.copyOfRange(matrix, row * width, (row + 1) * width);
    }

    private Path model(Architecture architecture, boolean bias) throws IOException {
        TransformerConfig config = new TransformerConfig(
                TOKENIZER.vocabularySize(),
                2,
                12,
                HEADS,
                1,
                20,
                64,
                10_000,
                1e-5,
                architecture == Architecture.LLAMA,
                new Variant(architecture, HEAD_WIDTH, bias, false, RotaryScaling.NONE));
        Path checkpoint = Files.createDirectory(folder.resolve("checkpoint-" + architecture));
        config.save(checkpoint, new int[] {TOKENIZER.endOfTurn()}, TOKENIZER.pad());
        TOKENIZER.save(checkpoint);
        try (Transformer model = Transformer.initialise(config, 1)) {
            Safetensors.write(checkpoint.resolve(ModelWeights.FILE), model.tensors(), Map.of("format", "pt"));
        }
        return checkpoint;
    }
}
