package io.alignstream.languagemodel.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.languagemodel.checkpoint.ModelWeights;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Architecture;
import io.alignstream.languagemodel.network.RotaryScaling;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.network.Variant;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.tokenizer.vocabulary.ByteAlphabet;
import io.alignstream.languagemodel.tokenizer.vocabulary.Vocabulary;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

class GgufImportTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder = Path.of("");

    @TempDir
    Path scratch = Path.of("");

    @ParameterizedTest
    @EnumSource(value = Architecture.class, mode = EnumSource.Mode.EXCLUDE, names = "EUROBERT")
    void whatWasExportedIsTheSameModelAgain(Architecture architecture) throws IOException {
        // Given
        HuggingFaceModel model = model(architecture, byteLevel());
        GgufModel.export(model, folder.resolve("model.gguf"));

        // When
        HuggingFaceModel read = GgufImport.load(folder.resolve("model.gguf"), scratch);

        // Then
        assertThat(read.config()).isEqualTo(model.config());
        assertThat(read.tensors()).containsOnlyKeys(model.tensors().keySet());
        model.tensors().forEach((name, tensor) -> assertThat(
                        Objects.requireNonNull(read.tensors().get(name)).toFloats())
                .as(name)
                .isEqualTo(tensor.toFloats()));
        String text = "hello 2026 成都 <|im_start|>\n";
        assertThat(read.tokenizer().encode(text)).isEqualTo(model.tokenizer().encode(text));
        assertThat(read.tokenizer().vocabularySize())
                .isEqualTo(model.tokenizer().vocabularySize());
    }

    /** The values are those of the Python package gguf 0.19. */
    @ParameterizedTest
    @EnumSource(
            value = GgufType.class,
            mode = Mode.EXCLUDE,
            names = {"F32", "F16", "BF16"})
    void blocksHaveTheValuesOfTheReference(GgufType type) throws IOException {
        // Given
        JsonNode golden = golden().path(type.name());
        byte[] blocks = HexFormat.of().parseHex(golden.path("blocks").asText());
        FloatBuffer values = FloatBuffer.allocate(golden.path("values").size());

        // When
        type.dequantise(ByteBuffer.wrap(blocks), values);

        // Then
        for (int i = 0; i < values.capacity(); i++) {
            assertThat(values.get(i)).as("value %d", i).isEqualTo((float)
                    golden.path("values").path(i).asDouble());
        }
        assertThat(type.bytes(values.capacity(), values.capacity())).hasValue(blocks.length);
    }

    @Test
    void aFileThatEndsEarlyIsNamed() throws IOException {
        // Given
        Path file = folder.resolve("model.gguf");
        GgufModel.export(model(Architecture.LLAMA, byteLevel()), file);
        byte[] whole = Files.readAllBytes(file);
        Path half = Files.write(folder.resolve("half.gguf"), Arrays.copyOf(whole, whole.length / 2));
        Path head = Files.write(folder.resolve("head.gguf"), Arrays.copyOf(whole, 100));
        int list = new String(whole, StandardCharsets.ISO_8859_1).indexOf("tokenizer.ggml.tokens");
        Path tokens = Files.write(folder.resolve("tokens.gguf"), Arrays.copyOf(whole, list + 64));

        // When, then
        assertThatThrownBy(() -> GgufImport.load(half, scratch))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("download it again, to its end");
        assertThatThrownBy(() -> GgufImport.load(head, scratch))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("ends in its header");
        assertThatThrownBy(() -> GgufImport.load(tokens, scratch))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("download it again, to its end");
    }

    @Test
    void whatIsNotReadIsNamedWithTheWayOut() throws IOException {
        // Given
        Path other = Files.writeString(folder.resolve("other.gguf"), "not a model at all");
        Path newer = Files.write(folder.resolve("newer.gguf"), head(9, "llama"));
        Path mamba = Files.write(folder.resolve("mamba.gguf"), head(3, "mamba"));
        Path llama2 = Files.write(folder.resolve("llama2.gguf"), head(3, "llama"));

        // When, then
        assertThatThrownBy(() -> GgufImport.load(other, scratch)).hasMessageContaining("is no GGUF file");
        assertThatThrownBy(() -> GgufImport.load(newer, scratch)).hasMessageContaining("version 9; read are 2 and 3");
        assertThatThrownBy(() -> GgufImport.load(mamba, scratch)).hasMessageContaining("architecture 'mamba'");
        assertThatThrownBy(() -> GgufImport.load(llama2, scratch))
                .hasMessageContaining("has no llama.attention.head_count");
        assertThat(GgufType.of(10)).isEmpty();
        assertThat(GgufType.describe(10)).isEqualTo("Q2_K");
    }

    @Test
    void scoresOfSentencePieceAreTheSameMergesAgain() throws IOException {
        // Given
        HuggingFaceModel model = model(Architecture.LLAMA, sentencePiece());
        GgufModel.export(model, folder.resolve("model.gguf"));

        // When
        HuggingFaceModel read = GgufImport.load(folder.resolve("model.gguf"), scratch);

        // Then: of the two ways to make a token the one with the lower ids comes first
        JsonNode json = JSON.readTree(read.tokenizer().toJson());
        assertThat(json.at("/model/merges"))
                .map(JsonNode::asText)
                .containsExactly("h e", "\u2581 h", "\u2581 he", "\u2581h e", "l l");
        for (String text : new String[] {"hello", " hello  he", "</s>é\n", "\u2581"}) {
            assertThat(read.tokenizer().encode(text))
                    .isEqualTo(model.tokenizer().encode(text))
                    .hasSizeGreaterThan(0);
            assertThat(read.tokenizer().decode(read.tokenizer().encode(text))).isEqualTo(text.replace('\u2581', ' '));
        }
        assertThat(read.tokenizer().name(read.tokenizer().encode("hello")[0])).isEqualTo(" he");
    }

    @Test
    void scoresThatAreAllTheSameSayNothing() throws IOException {
        // Given: what converters write that have lost them
        Path file = folder.resolve("flat.gguf");
        new GgufWriter()
                .put("tokenizer.ggml.model", "llama")
                .putStrings("tokenizer.ggml.tokens", List.of("h", "e", "he"))
                .putIntegers("tokenizer.ggml.token_type", new int[] {1, 1, 1})
                .putFloats("tokenizer.ggml.scores", new float[] {-1000, -1000, -1000})
                .write(file);
        GgufFile gguf = GgufFile.read(file);

        // When, then
        assertThatThrownBy(() -> GgufTokenizer.read("flat.gguf", gguf))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("flat.gguf has no scores that say which tokens are made first");
    }

    @Test
    void weightsThatAreNoNumbersAreRefused() throws IOException {
        // Given
        HuggingFaceModel model = model(Architecture.LLAMA, byteLevel());
        Path file = folder.resolve("model.gguf");
        float[] norm = new float[24];
        norm[3] = Float.NEGATIVE_INFINITY;
        model.tensors().put("model.norm.weight", Tensor.of(norm, 24));
        GgufModel.export(model, file);

        // When, then
        assertThatThrownBy(() -> GgufImport.load(file, scratch))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("model.gguf: of the 24 values of model.norm.weight 1 are NaN or infinite");
    }

    @Test
    void aChatTemplateThatIsNoTextIsRefusedByTheNameOfTheFile() throws IOException {
        // Given: a list of numbers of as many bytes as the text had
        HuggingFaceModel model = model(Architecture.LLAMA, byteLevel());
        Path file = folder.resolve("model.gguf");
        GgufModel.export(model, file);
        byte[] bytes = Files.readAllBytes(file);
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        int type = text.indexOf("tokenizer.chat_template") + "tokenizer.chat_template".length();
        ByteBuffer value = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int length = (int) value.getLong(type + 4);
        value.position(type);
        value.putInt(9).putInt(0).putLong(length - 4L); // a list, of bytes
        Files.write(file, bytes);

        // When, then
        assertThatThrownBy(() -> GgufImport.load(file, scratch))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("model.gguf, as tokenizer_config.json: chat_template is [")
                .hasMessageContaining("but must be a Jinja template as text");
    }

    @Test
    void aVocabularyMayLackBytes() throws IOException {
        // Given: as SmolLM's, which lacks bytes that no UTF-8 has, and one more
        ObjectNode json = byteLevel();
        for (int value : new int[] {0xC0, 0xFF, 'q'}) {
            ((ObjectNode) json.path("model").path("vocab")).remove(ByteAlphabet.name(value));
        }
        Files.write(folder.resolve(Tokenizer.TOKENIZER_FILE), JSON.writeValueAsBytes(json));
        Tokenizer tokenizer = Tokenizer.load(folder);

        // When
        int[] ids = tokenizer.encode("héqllo q");

        // Then: what has no token is left out, as Hugging Face's library does
        assertThat(tokenizer.decode(ids)).isEqualTo("héllo ");
        assertThat(tokenizer.encode("q")).isEmpty();
        assertThat(tokenizer.encode("hqe")).isEqualTo(tokenizer.encode("he"));
    }

    private HuggingFaceModel model(Architecture architecture, ObjectNode tokenizer) throws IOException {
        Path source = Files.createDirectories(folder.resolve("source"));
        Files.write(source.resolve(Tokenizer.TOKENIZER_FILE), JSON.writeValueAsBytes(tokenizer));
        int ids = Tokenizer.load(source).vocabularySize();
        TransformerConfig config = new TransformerConfig(
                ids,
                2,
                24,
                4,
                2,
                40,
                64,
                10_000,
                1e-5,
                architecture != Architecture.QWEN3,
                new Variant(architecture, 8, architecture == Architecture.QWEN2, false, RotaryScaling.NONE));
        try (Transformer model = Transformer.initialise(config, 1)) {
            config.save(source, new int[] {0}, 0);
            Safetensors.write(source.resolve(ModelWeights.FILE), model.tensors(), Map.of("format", "pt"));
        }
        return HuggingFaceModel.load(source);
    }

    /** All bytes, a merge, and the control tokens of ChatML. */
    static ObjectNode byteLevel() {
        ObjectNode json = JSON.createObjectNode();
        ArrayNode added = json.putArray("added_tokens");
        String[] control = {"<|endoftext|>", "<|im_start|>", "<|im_end|>"};
        for (int id = 0; id < control.length; id++) {
            added.addObject().put("id", id).put("content", control[id]).put("special", true);
        }
        json.putObject("pre_tokenizer")
                .put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("use_regex", true);
        ObjectNode model = json.putObject("model").put("type", "BPE");
        ObjectNode vocabulary = model.putObject("vocab");
        for (int value = 0; value < 256; value++) {
            vocabulary.put(ByteAlphabet.name(value), control.length + value);
        }
        vocabulary.put("he", control.length + 256);
        model.putArray("merges").add("h e");
        return json;
    }

    /** As Llama 2's, with few tokens. */
    private static ObjectNode sentencePiece() throws IOException {
        ObjectNode json = (ObjectNode)
                JSON.readTree(
                        """
                {"added_tokens": [{"id": 0, "content": "<unk>", "special": true},
                                  {"id": 1, "content": "<s>", "special": true},
                                  {"id": 2, "content": "</s>", "special": true}],
                 "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
                                {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
                 "pre_tokenizer": null,
                 "decoder": {"type": "Sequence", "decoders": [
                             {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"},
                             {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
                 "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true,
                           "vocab": {"<unk>": 0, "<s>": 1, "</s>": 2},
                           "merges": ["h e", "▁ h", "▁ he", "▁h e", "l l"]}}
                """);
        ObjectNode vocabulary = (ObjectNode) json.at("/model/vocab");
        for (int value = 0; value < 256; value++) {
            vocabulary.put(Vocabulary.byteName(value), vocabulary.size());
        }
        for (String token : List.of("▁", "h", "e", "l", "o", "he", "▁h", "▁he", "ll")) {
            vocabulary.put(token, vocabulary.size());
        }
        return json;
    }

    /** A header with nothing but the architecture. */
    private static byte[] head(int version, String architecture) {
        byte[] key = "general.architecture".getBytes(StandardCharsets.US_ASCII);
        byte[] value = architecture.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(24 + 8 + key.length + 4 + 8 + value.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(GgufFile.MAGIC)
                .putInt(version)
                .putLong(0)
                .putLong(1)
                .putLong(key.length)
                .put(key)
                .putInt(8)
                .putLong(value.length)
                .put(value)
                .array();
    }

    private static JsonNode golden() throws IOException {
        try (InputStream in =
                Objects.requireNonNull(GgufImportTest.class.getResourceAsStream("gguf-blocks.json"), "golden values")) {
            return JSON.readTree(in);
        }
    }
}
