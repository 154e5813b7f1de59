package io.alignstream.languagemodel.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.languagemodel.tokenizer.encoding.TokenBuffer;
import io.alignstream.languagemodel.tokenizer.format.TokenizerFormat;
import io.alignstream.languagemodel.tokenizer.vocabulary.ControlToken;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerTest {

    private static final Tokenizer TOKENIZER = new BpeTrainer(900).train(Samples.mixedCorpus().stream());
    private static final Tokenizer BYTES =
            new BpeTrainer(900, TokenizerFormat.LLAMA3, 1, 1).train(Samples.mixedCorpus().stream());

    @Test
    void everyTextComesBackUnchanged() {
        for (Tokenizer tokenizer : List.of(TOKENIZER, BYTES)) {
            // Given
            List<String> texts = new ArrayList<>(Samples.texts(50_000, 1));
            texts.addAll(Samples.scalars(70_000, 2));

            // When
            List<String> decoded = texts.stream()
                    .map(text -> tokenizer.decode(tokenizer.encode(text)))
                    .toList();

            // Then
            assertThat(decoded.equals(texts)).isTrue();
        }
    }

    @Test
    void everyCodePointComesBackUnchanged() {
        // Given
        String all = IntStream.rangeClosed(0, Character.MAX_CODE_POINT)
                .filter(codePoint -> codePoint < Character.MIN_SURROGATE || codePoint > Character.MAX_SURROGATE)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();

        // When
        String decoded = TOKENIZER.decode(TOKENIZER.encode(all));

        // Then
        assertThat(decoded.equals(all)).isTrue();
    }

    @Test
    void unpairedSurrogatesBecomeReplacementCharacters() {
        // Given
        String broken = "上\uD800海\uDC00";

        // When
        String decoded = TOKENIZER.decode(TOKENIZER.encode(broken));

        // Then
        assertThat(decoded).isEqualTo("上\uFFFD海\uFFFD");
    }

    @Test
    void bytesOfAllTokensAddUpToTheTextsBytes() {
        // Given
        List<String> texts = Samples.texts(500, 2);

        // When
        List<Integer> lengths = texts.stream()
                .map(text -> Arrays.stream(TOKENIZER.encode(text))
                        .map(TOKENIZER::byteLength)
                        .sum())
                .toList();

        // Then
        assertThat(lengths)
                .isEqualTo(texts.stream()
                        .map(text -> text.getBytes(StandardCharsets.UTF_8).length)
                        .toList());
    }

    @Test
    void aMaskStandsBehindAllTokensAndChangesNoneOfThem(@TempDir Path folder) throws Exception {
        for (Tokenizer tokenizer : List.of(TOKENIZER, BYTES)) {
            // Given
            String text = "今天<mask>上海 <mask> 42";

            // When
            Tokenizer masked = tokenizer.withMask();
            masked.save(folder);

            // Then: it comes back, no text makes it, and what it says is nothing
            assertThat(tokenizer.mask()).isEmpty();
            assertThat(masked.mask()).hasValue(tokenizer.vocabularySize());
            assertThat(masked.name(tokenizer.vocabularySize())).isEqualTo("<mask>");
            assertThat(masked.encode(text)).isEqualTo(tokenizer.encode(text));
            assertThat(masked.decode(masked.mask().orElseThrow())).isEmpty();
            assertThat(masked.withMask()).isSameAs(masked);
            assertThat(Tokenizer.load(folder).mask()).isEqualTo(masked.mask());
            assertThat(Tokenizer.load(folder).sha256())
                    .isEqualTo(masked.sha256())
                    .isNotEqualTo(tokenizer.sha256());
            assertThat(Files.readString(folder.resolve(Tokenizer.CONFIG_FILE))).contains("\"mask_token\":\"<mask>\"");
        }
    }

    @Test
    void noTextMakesAControlToken() {
        // Given
        StringBuilder text = new StringBuilder();
        for (ControlToken token : ControlToken.values()) {
            text.append(token.text()).append("<0xE4>");
        }

        // When
        int[] ids = TOKENIZER.encode(text.toString());

        // Then
        int[] control =
                Arrays.stream(ControlToken.values()).mapToInt(TOKENIZER::id).toArray();
        assertThat(ids).doesNotContain(control).doesNotContain(idOfByte(0xE4));
        assertThat(control).containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(TOKENIZER.decode(ids)).isEqualTo(text.toString());
    }

    @Test
    void controlTokensAreNoTextAndDamagedBytesBecomeReplacementCharacters() {
        // Given
        int[] ids = {TOKENIZER.user(), idOfByte(0xE4), idOfByte('A'), TOKENIZER.endOfTurn()};

        // When
        String decoded = TOKENIZER.decode(ids);

        // Then
        assertThat(decoded).isEqualTo("\uFFFDA");
        assertThatThrownBy(() -> TOKENIZER.decode(TOKENIZER.vocabularySize()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("outside the vocabulary of " + TOKENIZER.vocabularySize());
    }

    @Test
    void savedTokenizerIsTheSameAfterLoading(@TempDir Path folder) throws Exception {
        // Given
        TOKENIZER.save(folder);

        // When
        Tokenizer loaded = Tokenizer.load(folder);

        // Then
        assertThat(loaded.sha256()).isEqualTo(TOKENIZER.sha256()).matches("[0-9a-f]{64}");
        assertThat(loaded.toJson()).isEqualTo(TOKENIZER.toJson());
        assertThat(loaded.vocabularySize()).isEqualTo(TOKENIZER.vocabularySize());
        for (String text : Samples.texts(1_000, 3)) {
            assertThat(loaded.encode(text)).isEqualTo(TOKENIZER.encode(text));
        }
    }

    @Test
    void damagedOrForeignFilesAreRefused(@TempDir Path folder) throws Exception {
        // Given
        String json = new String(TOKENIZER.toJson(), StandardCharsets.UTF_8);

        // When
        Files.writeString(folder.resolve("tokenizer.json"), json.substring(0, 1_000));

        // Then
        assertThatThrownBy(() -> Tokenizer.load(folder))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not a tokenizer.json");
        assertRefused(json.replace("\"Split\"", "\"Whitespace\""), "pre-tokenizer");
        assertRefused(json.replace("\"byte_fallback\":true", "\"byte_fallback\":false"), "byte_fallback");
        assertRefused(json.replace("\"<0xE4>\":", "\"<0xe4>\":"), "no token <0xE4>");
        assertRefused(json.replace("\"<|pad|>\":5", "\"<|pad|>\":4"), "each once");
        assertRefused(json.replace("\"normalizer\":null", "\"normalizer\":{\"type\":\"NFKC\"}"), "normalizer");
        assertRefused("[]", "pre_tokenizer");
    }

    @Test
    void endlessRunsAreEncoded() {
        // Given: a piece each of a megabyte; with time that grows as its square this would take hours
        List<String> units = List.of("a", "😀", "👨‍👩‍👧", " ", "\n", "7", "上", "!", "\u0301", "ab", "'s", "\u0000");
        for (Tokenizer tokenizer : List.of(TOKENIZER, BYTES)) {
            for (String unit : units) {
                String run = unit.repeat((1 << 20) / unit.length());

                // When
                int[] ids = tokenizer.encode(run);

                // Then
                assertThat(tokenizer.decode(ids).equals(run)).as(unit).isTrue();
            }
        }
        assertThat(TOKENIZER.encode("a".repeat(1 << 20))).hasSizeLessThan(1 << 19);
    }

    @Test
    void encodingIntoABufferAllocatesNothingForTheTokens() {
        // Given
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        String text = String.join("\n", Samples.texts(2_000, 12)).substring(0, 20_000);
        for (Tokenizer tokenizer : List.of(TOKENIZER, BYTES)) {
            TokenBuffer buffer = new TokenBuffer(80_000);
            tokenizer.encode(text, buffer);
            int tokens = buffer.size();
            buffer.clear();

            // When
            long before = threads.getCurrentThreadAllocatedBytes();
            tokenizer.encode(text, buffer);
            long allocated = threads.getCurrentThreadAllocatedBytes() - before;

            // Then
            assertThat(buffer.size()).isEqualTo(tokens).isGreaterThan(5_000);
            assertThat(allocated).isLessThan(tokens);
            assertThat(buffer.toArray()).isEqualTo(tokenizer.encode(text));
        }
    }

    @Test
    void stepsLeadFromCharactersToTokens() {
        for (String text : Samples.texts(300, 13)) {
            // Given
            List<Integer> tokens = new ArrayList<>(TOKENIZER.derive(text).symbols());

            // When
            for (Derivation.Step step : TOKENIZER.derive(text).steps()) {
                tokens.remove(step.position() + 1);
                tokens.set(step.position(), step.id());
            }

            // Then
            assertThat(tokens.stream().mapToInt(Integer::intValue).toArray()).isEqualTo(TOKENIZER.encode(text));
        }
    }

    @Test
    void threadsShareOneTokenizer() throws Exception {
        // Given
        List<String> texts = Samples.texts(3_000, 4);
        int[][] expected = texts.stream().map(TOKENIZER::encode).toArray(int[][]::new);
        Tokenizer shared = Tokenizer.load(TOKENIZER.toJson());
        Callable<int[][]> task = () -> texts.stream().map(shared::encode).toArray(int[][]::new);

        // When
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<int[][]>> results = threads.invokeAll(List.of(task, task, task, task));

            // Then
            for (Future<int[][]> result : results) {
                assertThat(Arrays.deepEquals(result.get(), expected)).isTrue();
            }
        }
    }

    private static void assertRefused(String json, String reason) {
        assertThatThrownBy(() -> Tokenizer.load(json.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(reason);
    }

    private static int idOfByte(int value) {
        return ControlToken.values().length + value;
    }
}
