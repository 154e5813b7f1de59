package io.alignstream.languagemodel.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TransformerConfigTest {

    private static final String SIZES = "\"vocab_size\": 99, \"num_hidden_layers\": 2, \"hidden_size\": 24,"
            + " \"num_attention_heads\": 4, \"num_key_value_heads\": 2, \"intermediate_size\": 48,"
            + " \"max_position_embeddings\": 64, \"rms_norm_eps\": 1e-05";

    @TempDir
    Path folder = Path.of("");

    @Test
    void everyFamilyAndScalingSurvivesTheFile() throws IOException {
        for (int seed = 0; seed < 60; seed++) {
            // Given
            TransformerConfig config = RandomNetworks.config(seed);

            // When
            config.save(folder, new int[] {1, 2}, 3);

            // Then
            assertThat(TransformerConfig.load(folder)).isEqualTo(config);
        }
    }

    @Test
    void readsQwen3WithAHeadSizeOfItsOwn() throws IOException {
        // When
        TransformerConfig config = read("{\"model_type\": \"qwen3\", \"head_dim\": 16, \"rope_theta\": 1000000, "
                + SIZES + ", \"rope_scaling\": null, \"sliding_window\": null, \"tie_word_embeddings\": true}");

        // Then
        assertThat(config)
                .isEqualTo(new TransformerConfig(
                        99,
                        2,
                        24,
                        4,
                        2,
                        48,
                        64,
                        1e6,
                        1e-5,
                        true,
                        new Variant(Architecture.QWEN3, 16, false, false, RotaryScaling.NONE)));
    }

    @Test
    void aMistralIsALlamaAsFarAsItsWindowReaches() throws IOException {
        // When
        TransformerConfig sliding = read("{\"model_type\": \"mistral\", " + SIZES + ", \"sliding_window\": 32}");
        TransformerConfig whole = read("{\"model_type\": \"mistral\", " + SIZES + ", \"sliding_window\": null}");

        // Then
        assertThat(sliding.variant()).isEqualTo(new Variant(Architecture.LLAMA, 6, false, false, RotaryScaling.NONE));
        assertThat(sliding.maxPositions()).isEqualTo(32);
        assertThat(whole.maxPositions()).isEqualTo(64);
    }

    @Test
    void readsTheLayoutOfTransformersVersion5() throws IOException {
        // When
        TransformerConfig config = read("{\"model_type\": \"llama\", " + SIZES
                + ", \"rope_parameters\": {\"rope_theta\": 500000.0, \"rope_type\": \"llama3\", \"factor\": 8.0,"
                + " \"low_freq_factor\": 1.0, \"high_freq_factor\": 4.0, \"original_max_position_embeddings\": 8192}}");

        // Then
        assertThat(config.ropeTheta()).isEqualTo(500_000);
        assertThat(config.headWidth()).isEqualTo(6);
        assertThat(config.variant().scaling()).isEqualTo(new RotaryScaling.Llama3(8, 1, 4, 8192));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"model_type\": \"gpt2\"|model_type is \"gpt2\"; supported are \"llama\", \"qwen2\", \"qwen3\"",
                "\"rope_scaling\": {\"rope_type\": \"longrope\"}|rope scaling \"longrope\" is not supported",
                "\"rope_scaling\": {\"type\": \"linear\"}|needs the number factor",
                "\"rope_scaling\": {\"type\": \"yarn\", \"factor\": 4, \"mscale\": 1}|yarn with mscale",
                "\"rope_scaling\": {\"type\": \"linear\", \"factor\": 0.5}|out of range",
                "\"hidden_act\": \"gelu\"|hidden_act is \"gelu\"",
                "\"quantization_config\": {\"bits\": 4}|quantised weights",
                "\"head_dim\": 7|head_dim 7 must be even",
                "\"hidden_size\": \"24\"|hidden_size is missing or no integer: \"24\"",
                "\"num_key_value_heads\": 3|heads 4 must be a multiple of keyValueHeads 3",
                "\"use_sliding_window\": true, \"sliding_window\": 8, \"max_window_layers\": 1|sliding window of 8",
                "\"sliding_window\": 8, \"layer_types\": [\"sliding_attention\"]|sliding window of 8",
                "\"partial_rotary_factor\": 0.5|partial_rotary_factor is 0.5",
                "\"max_position_embeddings\": 2000000000|lower max_position_embeddings",
            })
    void refusesWhatTheProgramDoesNotCompute(String field, String reason) {
        // Given: of doubled fields, the last one counts
        String json = "{\"model_type\": \"llama\", " + SIZES + ", " + field + "}";

        // When // Then
        assertThatThrownBy(() -> read(json))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("config.json: ")
                .hasMessageContaining(reason);
    }

    private TransformerConfig read(String json) throws IOException {
        Files.writeString(folder.resolve("config.json"), json);
        return TransformerConfig.load(folder);
    }
}
