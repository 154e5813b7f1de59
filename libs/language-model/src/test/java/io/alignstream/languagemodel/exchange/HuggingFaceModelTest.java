package io.alignstream.languagemodel.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Architecture;
import io.alignstream.languagemodel.network.RotaryScaling;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.network.Variant;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class HuggingFaceModelTest {

    private static final Tokenizer TOKENIZER =
            new BpeTrainer(320).train(List.of("今天来上海出差了。", "成都必去景点是熊猫基地。").iterator());

    @TempDir
    Path folder = Path.of("");

    @TempDir
    Path copy = Path.of("");

    @Test
    void takesEveryFamilyWithItsExactLogits() throws IOException {
        for (Architecture architecture : Architecture.values()) {
            // Given
            TransformerConfig config = config(architecture, TOKENIZER.vocabularySize(), false);
            try (Transformer model = Transformer.initialise(config, 1)) {
                write(config, model.tensors());

                // When
                HuggingFaceModel imported = HuggingFaceModel.load(folder);
                imported.save(copy);

                // Then
                assertThat(imported.config()).isEqualTo(config);
                assertThat(Tokenizer.load(copy).sha256()).isEqualTo(TOKENIZER.sha256());
                try (Transformer taken = Transformer.load(copy)) {
                    Sequences row = Sequences.packed(List.of(TOKENIZER.encode("成都必去景点是熊猫基地")), -1);
                    assertThat(taken.config()).isEqualTo(config);
                    assertThat(taken.logProbabilities(row, 1)).isDeepEqualTo(model.logProbabilities(row, 1));
                }
            }
        }
    }

    @Test
    void halfPrecisionKeepsItsTypeAndValue() throws IOException {
        for (Tensor.Type type : List.of(Tensor.Type.F16, Tensor.Type.BF16)) {
            // Given
            TransformerConfig config = config(Architecture.LLAMA, TOKENIZER.vocabularySize(), true);
            Map<String, Tensor> halves = new LinkedHashMap<>();
            try (Transformer model = Transformer.initialise(config, 1)) {
                model.tensors().forEach((name, tensor) -> halves.put(name, half(tensor, type)));
            }
            write(config, halves);

            // When
            HuggingFaceModel.load(folder).save(copy);

            // Then
            assertThat(Safetensors.read(copy.resolve("model.safetensors"))).isEqualTo(halves);
            try (Transformer taken = Transformer.load(copy)) {
                taken.tensors().forEach((name, tensor) -> assertThat(tensor.toFloats())
                        .as(name)
                        .isEqualTo(halves.get(name).toFloats()));
            }
        }
    }

    @Test
    void everyControlTokenGetsARow() throws IOException {
        for (Tensor.Type type : List.of(Tensor.Type.F32, Tensor.Type.F16, Tensor.Type.BF16)) {
            // Given: a file without four of our control tokens, and an embedding of its 260
            int rows = 260;
            TransformerConfig config = config(Architecture.QWEN3, rows, false);
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            try (Transformer model = Transformer.initialise(config, 1)) {
                model.tensors()
                        .forEach((name, tensor) ->
                                tensors.put(name, type == Tensor.Type.F32 ? tensor : half(tensor, type)));
            }
            write(config, tensors);
            tokenizer(GgufImportTest.byteLevel());

            // When
            HuggingFaceModel imported = HuggingFaceModel.load(folder);

            // Then
            assertThat(imported.config().vocabularySize()).isEqualTo(rows + 4);
            for (String name : List.of("model.embed_tokens.weight", "lm_head.weight")) {
                float[] old = tensors.get(name).toFloats();
                float[] now = imported.tensors().get(name).toFloats();
                assertThat(now).hasSize(old.length + 4 * config.width()).startsWith(old);
                double mean = 0;
                for (int row = 0; row < rows; row++) {
                    mean += old[row * config.width() + 5] / (double) rows;
                }
                assertThat((double) now[now.length - config.width() + 5]).isCloseTo(mean, within(1e-4));
            }
        }
    }

    @Test
    void aTokenWithoutARowIsRefusedByName() throws IOException {
        // Given: as many rows as the file has ids, but for one stray id; then one row too few
        TransformerConfig config = config(Architecture.LLAMA, 260, true);
        TransformerConfig small = config(Architecture.LLAMA, 259, true);
        ObjectNode stray = GgufImportTest.byteLevel();
        stray.withArray("added_tokens")
                .addObject()
                .put("id", 1_000_000)
                .put("content", "<tool>")
                .put("special", true);

        // When // Then
        write(config);
        tokenizer(stray);
        assertThatThrownBy(() -> HuggingFaceModel.load(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the token '<tool>' has the id 1000000, but the model's embedding has 260 rows");
        write(small);
        tokenizer(GgufImportTest.byteLevel());
        assertThatThrownBy(() -> HuggingFaceModel.load(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the token 'he' has the id 259, but the model's embedding has 259 rows");
    }

    @Test
    void aControlTokenBehindTheRowsGetsOne() throws IOException {
        // Given: as Llama 2 with the padding token that many give it
        write(config(Architecture.LLAMA, 260, true));
        ObjectNode padded = GgufImportTest.byteLevel();
        padded.withArray("added_tokens")
                .addObject()
                .put("id", 260)
                .put("content", "<pad>")
                .put("special", true);
        tokenizer(padded);

        // When
        HuggingFaceModel imported = HuggingFaceModel.load(folder);

        // Then: beside the three that the file has not
        assertThat(imported.tokenizer().pad()).isEqualTo(260);
        assertThat(imported.config().vocabularySize()).isEqualTo(264);
    }

    @ParameterizedTest
    @EnumSource(
            value = Tensor.Type.class,
            names = {"F32", "F16", "BF16"})
    void weightsThatAreNoNumbersAreRefusedWithTheirCount(Tensor.Type type) throws IOException {
        // Given
        TransformerConfig config = config(Architecture.LLAMA, TOKENIZER.vocabularySize(), true);
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        try (Transformer model = Transformer.initialise(config, 1)) {
            model.tensors().forEach((name, tensor) -> {
                float[] values = tensor.toFloats();
                if (name.contains("mlp.up_proj")) {
                    values[7] = Float.NaN;
                    values[8] = Float.POSITIVE_INFINITY;
                }
                Tensor changed = Tensor.of(values, tensor.shape());
                tensors.put(name, type == Tensor.Type.F32 ? changed : half(changed, type));
            });
        }
        write(config, tensors);

        // When // Then
        assertThatThrownBy(() -> HuggingFaceModel.load(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(
                        "of the 960 values of model.layers.0.mlp.up_proj.weight 2 are NaN or infinite, and"
                                + " some of 1 more tensors");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
        {"chat_template": 5}                                      | chat_template is 5 but must be a Jinja template as text, or a list of
        {"chat_template": {"default": "a"}}                       | chat_template is {"default":"a"} but must be
        {"chat_template": [{"name": "default"}]}                  | but must be a Jinja template
        {"chat_template": [{"name": "rag", "template": "a"}]}     | of the templates in chat_template (rag) none is called default
        {"chat_template": "{{ messages }}", "bos_token": 5}       | bos_token is 5 but must be a text
        """)
    void whatIsNoChatTemplateIsRefused(String content, String said) throws IOException {
        // Given
        write(config(Architecture.LLAMA, 260, true));
        tokenizer(GgufImportTest.byteLevel());
        Files.writeString(folder.resolve(Tokenizer.CONFIG_FILE), content);

        // When // Then
        assertThatThrownBy(() -> HuggingFaceModel.load(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContainingAll("tokenizer_config.json", said);
    }

    @Test
    void rowsThatNoTokenHasAreDropped() throws IOException {
        // Given
        TransformerConfig config = config(Architecture.QWEN2, TOKENIZER.vocabularySize() + 10, true);
        try (Transformer model = Transformer.initialise(config, 1)) {
            write(config, model.tensors());
        }

        // When
        HuggingFaceModel.load(folder).save(copy);

        // Then
        try (Transformer taken = Transformer.load(copy)) {
            assertThat(taken.config()).isEqualTo(config.withVocabulary(TOKENIZER.vocabularySize()));
        }
    }

    @Test
    void theSameModelHasTheSameHash() throws IOException {
        // Given
        TransformerConfig config = config(Architecture.QWEN2, TOKENIZER.vocabularySize(), true);
        try (Transformer model = Transformer.initialise(config, 1)) {
            write(config, model.tensors());
        }
        String hash = HuggingFaceModel.load(folder).sha256();

        // When
        HuggingFaceModel.load(folder).save(copy);

        // Then
        assertThat(HuggingFaceModel.load(copy).sha256()).isEqualTo(hash);
        try (Transformer model = Transformer.initialise(config, 2)) {
            write(config, model.tensors());
        }
        assertThat(HuggingFaceModel.load(folder).sha256()).isNotEqualTo(hash);
    }

    @Test
    void whatIsMissingOrTooMuchIsRefusedByName() throws IOException {
        // Given
        TransformerConfig config = config(Architecture.LLAMA, TOKENIZER.vocabularySize(), true);
        Map<String, Tensor> tensors;
        try (Transformer model = Transformer.initialise(config, 1)) {
            tensors = model.tensors();
        }
        Tensor vector = Tensor.of(new float[24], 24);

        // When // Then
        assertRefused(
                config,
                tensors,
                "model.layers.0.self_attn.q_proj.bias",
                vector,
                "model.layers.0.self_attn.q_proj.bias has no place in the llama network");
        assertRefused(config, tensors, "model.norm.weight", null, "tensor model.norm.weight is missing");
        assertRefused(config, tensors, "model.norm.weight", Tensor.of(new float[2], 2), "model.norm.weight is F32(2)");
        assertRefused(
                config, tensors, "model.norm.weight", Tensor.of(new long[24], 24), "model.norm.weight is I64(24)");
        write(config, tensors);
        Files.delete(folder.resolve("tokenizer.json"));
        assertThatThrownBy(() -> HuggingFaceModel.load(folder)).hasMessageContaining("tokenizer.json is missing");
        Files.writeString(folder.resolve("tokenizer.json"), "{\"model\": {\"type\": \"Unigram\"}}");
        assertThatThrownBy(() -> HuggingFaceModel.load(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("tokenizer.json");
        assertThatThrownBy(() -> HuggingFaceModel.load(folder.resolve("nowhere")))
                .hasMessageContaining("nowhere is no folder");
    }

    @Test
    void whatIsComputedAnywayIsLeftOut() throws IOException {
        // Given
        TransformerConfig config = config(Architecture.LLAMA, TOKENIZER.vocabularySize(), true);
        Map<String, Tensor> tensors;
        try (Transformer model = Transformer.initialise(config, 1)) {
            tensors = model.tensors();
        }
        tensors.put("lm_head.weight", tensors.get("model.embed_tokens.weight"));
        tensors.put("model.layers.0.self_attn.rotary_emb.inv_freq", Tensor.of(new float[3], 3));

        // When
        write(config, tensors);

        // Then
        assertThat(HuggingFaceModel.load(folder).tensors())
                .doesNotContainKeys("lm_head.weight", "model.layers.0.self_attn.rotary_emb.inv_freq");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
        config.json                  | {"model_type":               | it ends before a quote or bracket is closed
        config.json                  | // {}                        | character 1 of line 1 does not fit there
        model.safetensors.index.json | {"weight_map":               | it ends before a quote or bracket is closed
        tokenizer.json               | {"model": {"vocab": {"a": 0, | it ends before a quote or bracket is closed
        """)
    void damagedJsonIsNamedInTheWordsOfTheFile(String name, String content, String said) throws IOException {
        // Given
        TransformerConfig config = config(Architecture.LLAMA, TOKENIZER.vocabularySize(), true);
        try (Transformer model = Transformer.initialise(config, 1)) {
            write(config, model.tensors());
        }
        if (name.startsWith("model")) {
            Files.delete(folder.resolve("model.safetensors"));
        }
        Files.writeString(folder.resolve(name), content);

        // When // Then
        assertThatThrownBy(() -> HuggingFaceModel.load(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContainingAll(name, said)
                .message()
                .doesNotContain("Feature", "close marker");
    }

    @Test
    void aFolderWithoutConfigurationIsNamedWithTheWayOut() {
        assertThatThrownBy(() -> HuggingFaceModel.load(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("config.json is missing; give the folder");
    }

    @Test
    void numbersThatOnlyPythonWritesDoNoHarmWhereNobodyReadsThem() throws IOException {
        // Given
        TransformerConfig config = config(Architecture.LLAMA, TOKENIZER.vocabularySize(), true);
        try (Transformer model = Transformer.initialise(config, 1)) {
            write(config, model.tensors());
        }
        Path file = folder.resolve("config.json");
        Files.writeString(file, Files.readString(file).replaceFirst("\\{", "{\"router_limit\": Infinity, "));

        // When
        HuggingFaceModel loaded = HuggingFaceModel.load(folder);

        // Then
        assertThat(loaded.config()).isEqualTo(config);
    }

    @Test
    void moreLayersThanTensorsAreRefusedAtOnce() throws IOException {
        // Given
        TransformerConfig config = config(Architecture.LLAMA, TOKENIZER.vocabularySize(), true);
        try (Transformer model = Transformer.initialise(config, 1)) {
            write(config, model.tensors());
        }
        Path file = folder.resolve("config.json");
        Files.writeString(
                file, Files.readString(file).replaceFirst("(?<=\"num_hidden_layers\")\\s*:\\s*\\d+", ": 1000000000"));

        // When // Then
        assertThatThrownBy(() -> HuggingFaceModel.load(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("too few for the 1000000000 layers");
    }

    private void assertRefused(
            TransformerConfig config, Map<String, Tensor> tensors, String name, Tensor instead, String reason)
            throws IOException {
        Map<String, Tensor> changed = new LinkedHashMap<>(tensors);
        changed.remove(name);
        if (instead != null) {
            changed.put(name, instead);
        }
        write(config, changed);
        assertThatThrownBy(() -> HuggingFaceModel.load(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(reason);
    }

    private void write(TransformerConfig config) throws IOException {
        try (Transformer model = Transformer.initialise(config, 1)) {
            write(config, model.tensors());
        }
    }

    /** In place of ours. */
    private void tokenizer(ObjectNode json) throws IOException {
        Files.delete(folder.resolve(Tokenizer.CONFIG_FILE));
        Files.write(folder.resolve(Tokenizer.TOKENIZER_FILE), new ObjectMapper().writeValueAsBytes(json));
    }

    private void write(TransformerConfig config, Map<String, Tensor> tensors) throws IOException {
        config.save(folder, new int[] {1}, 0);
        TOKENIZER.save(folder);
        Safetensors.write(folder.resolve("model.safetensors"), tensors, Map.of());
    }

    private static TransformerConfig config(Architecture architecture, int vocabulary, boolean tied) {
        return new TransformerConfig(
                vocabulary,
                2,
                24,
                4,
                2,
                40,
                64,
                10_000,
                1e-5,
                tied,
                new Variant(architecture, 8, architecture == Architecture.QWEN2, false, RotaryScaling.NONE));
    }

    private static Tensor half(Tensor tensor, Tensor.Type type) {
        float[] values = tensor.toFloats();
        ByteBuffer data = ByteBuffer.allocateDirect(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            data.putShort(
                    type == Tensor.Type.F16
                            ? Float.floatToFloat16(value)
                            : (short) (Float.floatToIntBits(value) >>> 16));
        }
        return new Tensor(type, tensor.shape(), data.flip());
    }
}
