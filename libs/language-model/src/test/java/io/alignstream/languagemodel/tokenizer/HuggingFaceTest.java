package io.alignstream.languagemodel.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.Message;
import io.alignstream.languagemodel.tokenizer.format.TokenizerFormat;
import io.alignstream.languagemodel.tokenizer.jinja.Given;
import io.alignstream.languagemodel.tokenizer.jinja.JinjaTemplate;
import io.alignstream.languagemodel.tokenizer.split.ByteLevelSplit;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Hugging Face's own library makes the same ids from the file and the same text from the ids. */
class HuggingFaceTest {

    private static final Tokenizer TOKENIZER = new BpeTrainer(900).train(Samples.mixedCorpus().stream());

    @Test
    void ordinaryTextGivesTheSameIds() throws Exception {
        // Given: without added tokens, their library takes control tokens in a text as text, as this one always does
        ObjectNode file = (ObjectNode) new ObjectMapper().readTree(TOKENIZER.toJson());
        file.putArray("added_tokens");
        try (HuggingFaceTokenizer reference = open(new ObjectMapper().writeValueAsBytes(file))) {
            for (String text : Samples.texts(20_000, 8)) {
                // When
                long[] expected = reference.encode(text, false, false).getIds();

                // Then
                assertThat(asLongs(TOKENIZER.encode(text))).as(text).isEqualTo(expected);
            }
            String run = "a".repeat(100_000);
            assertThat(asLongs(TOKENIZER.encode(run)))
                    .isEqualTo(reference.encode(run, false, false).getIds());
        }
    }

    @ParameterizedTest
    @EnumSource(TokenizerFormat.class)
    void trustedTextAndDecodedIdsAreTheSame(TokenizerFormat format) throws Exception {
        // Given
        Tokenizer tokenizer = new BpeTrainer(1_200, format, 4, 1).train(Samples.mixedCorpus().stream());
        try (HuggingFaceTokenizer reference = open(tokenizer.toJson())) {
            for (String text : Samples.texts(5_000, 10 + format.ordinal())) {
                // When
                int[] ids = tokenizer.encodeTrusted(text);

                // Then
                assertThat(asLongs(ids))
                        .as(text)
                        .isEqualTo(reference.encode(text, false, false).getIds());
                assertThat(tokenizer.decode(ids)).isEqualTo(reference.decode(asLongs(ids), true));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TokenizerFormat.class,
            names = {"GPT2", "LLAMA3", "QWEN2"})
    void filesWithOtherControlTokensGiveTheSameIds(TokenizerFormat format) throws Exception {
        // Given
        byte[] foreign = ForeignFiles.like(format);
        Tokenizer tokenizer = Tokenizer.load(foreign);
        try (HuggingFaceTokenizer reference = open(foreign)) {
            for (String text : Samples.texts(5_000, 20 + format.ordinal())) {
                if (text.contains("<|user|>") || text.contains("<|pad|>") || text.contains("<|endofturn|>")) {
                    continue; // words to them, control tokens to this package
                }

                // When
                int[] ids = tokenizer.encodeTrusted(text);

                // Then
                assertThat(asLongs(ids))
                        .as(text)
                        .isEqualTo(reference.encode(text, false, false).getIds());
            }
        }
    }

    static Stream<String> expressions() {
        return Stream.of(ByteLevelSplit.O200K.pattern(), " ?\\p{L}+|[A-Z]+\\d");
    }

    /** The layout of o200k; the second expression leaves text out, which the library drops. */
    @ParameterizedTest
    @MethodSource("expressions")
    void textBetweenMatchesIsDroppedWhereAFileSaysSo(String expression) throws Exception {
        // Given
        ObjectNode file = (ObjectNode) new ObjectMapper().readTree(ForeignFiles.like(TokenizerFormat.LLAMA3));
        ObjectNode split = (ObjectNode) file.at("/pre_tokenizer/pretokenizers/0");
        split.put("behavior", "Removed").put("invert", true);
        split.putObject("pattern").put("Regex", expression);
        byte[] foreign = new ObjectMapper().writeValueAsBytes(file);
        Tokenizer tokenizer = Tokenizer.load(foreign);
        try (HuggingFaceTokenizer reference = open(foreign)) {
            for (String sample : Samples.texts(5_000, 30)) {
                String text = sample.replace("<|", "< |"); // no control tokens

                // When
                int[] ids = tokenizer.encode(text);

                // Then
                assertThat(asLongs(ids))
                        .as(text)
                        .isEqualTo(reference.encode(text, false, false).getIds());
            }
        }
    }

    static Stream<ObjectNode> sentencePieceFiles() {
        ObjectNode crossing = ForeignFiles.sentencePiece();
        ObjectNode model = (ObjectNode) crossing.path("model");
        for (String crosses : List.of("e\u2581", "e\u2581t")) {
            int end = crosses.length() - 1;
            ObjectNode vocabulary = (ObjectNode) model.path("vocab");
            vocabulary.remove("unreachable" + (end + 2));
            vocabulary.put(crosses, end + 2);
            ((ArrayNode) model.path("merges")).insert(0, crosses.substring(0, end) + " " + crosses.substring(end));
        }
        return Stream.of(
                ForeignFiles.sentencePiece(),
                crossing,
                ForeignFiles.sentencePiece("first", false),
                ForeignFiles.sentencePiece("always", true),
                ForeignFiles.sentencePiece("never", false));
    }

    @ParameterizedTest
    @MethodSource("sentencePieceFiles")
    void filesInTheMannerOfSentencePieceGiveTheSameIdsAndText(ObjectNode file) throws Exception {
        // Given
        byte[] foreign = ForeignFiles.bytes(file);
        Tokenizer tokenizer = Tokenizer.load(foreign);
        String[] parts = {"<s>", "</s>", "<think>", " ", "  ", "\u2581", "the", "e t", "喝", "<0x0A>", "\n", "👍"};
        Random random = new Random(31);
        List<String> texts = new ArrayList<>(Samples.texts(5_000, 31));
        for (int i = 0; i < 5_000; i++) {
            texts.add(random.ints(random.nextInt(12), 0, parts.length)
                    .mapToObj(part -> parts[part])
                    .collect(Collectors.joining()));
        }
        try (HuggingFaceTokenizer reference = open(foreign)) {
            for (String text : texts) {
                if (text.contains("<|")) {
                    continue; // words to them, control tokens to this package
                }

                // When
                int[] ids = tokenizer.encodeTrusted(text);

                // Then
                assertThat(asLongs(ids))
                        .as(text)
                        .isEqualTo(reference.encode(text, false, false).getIds());
                assertThat(tokenizer.decode(ids)).isEqualTo(reference.decode(asLongs(ids), true));
                StreamingDecoder decoder = new StreamingDecoder(tokenizer);
                String streamed = Arrays.stream(ids).mapToObj(decoder::next).collect(Collectors.joining());
                assertThat(streamed + decoder.end()).isEqualTo(tokenizer.decode(ids));
            }
        }
    }

    @Test
    void chatTemplateRendersWhatThePromptIs(@TempDir Path folder) throws Exception {
        // Given
        TOKENIZER.save(folder);
        JsonNode config = new ObjectMapper()
                .readTree(folder.resolve("tokenizer_config.json").toFile());
        List<Map<String, String>> messages = List.of(
                Map.of("role", "system", "content", " 短 一点\n"),
                Map.of("role", "user", "content", "{{ 1 }} " + Samples.EXAMPLE),
                Map.of("role", "assistant", "content", "<b>好</b> & ok"),
                Map.of("role", "user", "content", "\n 为什么？ \n"));

        // When
        String rendered = JinjaTemplate.read(config.path("chat_template").asText())
                .render(
                        Given.of(new ObjectMapper()
                                .valueToTree(Map.of("messages", messages, "add_generation_prompt", true))),
                        1_000)
                .value();

        // Then
        List<Message> same = messages.stream()
                .map(message -> new ObjectMapper().convertValue(message, Message.class))
                .toList();
        try (HuggingFaceTokenizer reference = open(TOKENIZER.toJson())) {
            assertThat(asLongs(ChatTemplate.prompt(TOKENIZER, same)))
                    .isEqualTo(reference.encode(rendered, false, false).getIds());
        }
        assertThat(config.path("eos_token").asText()).isEqualTo(TOKENIZER.name(TOKENIZER.endOfTurn()));
        assertThat(config.path("pad_token").asText()).isEqualTo(TOKENIZER.name(TOKENIZER.pad()));
    }

    private static HuggingFaceTokenizer open(byte[] json) throws Exception {
        return HuggingFaceTokenizer.newInstance(
                new ByteArrayInputStream(json), Map.of("truncation", "DO_NOT_TRUNCATE", "padding", "DO_NOT_PAD"));
    }

    private static long[] asLongs(int[] ids) {
        return Arrays.stream(ids).asLongStream().toArray();
    }
}
