package io.alignstream.training.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Message;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SampleWriterTest {

    private static final int POSITIONS = 32;
    private static final Tokenizer TOKENIZER =
            new BpeTrainer(320).train(Stream.of("成都必去景点是熊猫基地", "上海必去景点是外滩", "the quick brown fox"));

    private static SampleSettings settings(int times, String... prompts) {
        return new SampleSettings(times, 6, List.of(prompts));
    }

    @Test
    void samplesAreSpreadEvenlyAndTheLastStepHasOne() {
        // When
        List<Long> due = LongStream.rangeClosed(0, 100)
                .filter(step -> settings(8).due(step - 1, step, 100))
                .boxed()
                .toList();

        // Then
        assertThat(due).containsExactly(13L, 25L, 38L, 50L, 63L, 75L, 88L, 100L);
        assertThat(settings(0).due(99, 100, 100)).isFalse();
        assertThat(settings(8).due(2, 3, 3)).isTrue();
    }

    @Test
    void stepsThatAreDoneAtOnceMissNoSample() {
        // When: in rounds of 10 steps
        List<Long> due = LongStream.iterate(10, step -> step <= 100, step -> step + 10)
                .filter(step -> settings(8).due(step - 10, step, 100))
                .boxed()
                .toList();

        // Then: the first one after each of the places
        assertThat(due).containsExactly(20L, 30L, 40L, 50L, 70L, 80L, 90L, 100L);
    }

    @Test
    void aModelWritesTheSameTwiceAndStaysAsItIs() {
        // Given
        SampleWriter writer = SampleWriter.ofDocuments(settings(1, "成都必去景点", "fox"), TOKENIZER, Stream.of(), POSITIONS)
                .orElseThrow();
        try (Transformer network = Transformer.initialise(TransformerConfig.of(320, 2, 32, POSITIONS), 1)) {
            byte[] before = bytes(network);

            // When
            Optional<Sample> first = writer.write(network, 3);
            Optional<Sample> second = writer.write(network, 3);

            // Then
            assertThat(first).isEqualTo(second);
            assertThat(first.orElseThrow().texts())
                    .extracting(Sample.Text::prompt)
                    .containsExactly("成都必去景点", "fox");
            assertThat(first.orElseThrow().texts())
                    .allSatisfy(text -> assertThat(text.continuation()).doesNotEndWith("\uFFFD"));
            assertThat(bytes(network)).isEqualTo(before);
        }
    }

    @Test
    void idsThatTheTokenizerDoesNotKnowSayNothing() {
        // Given
        SampleWriter writer = SampleWriter.ofDocuments(settings(1, "fox"), TOKENIZER, Stream.of(), POSITIONS)
                .orElseThrow();
        try (Transformer network = Transformer.initialise(TransformerConfig.of(4_000, 1, 32, POSITIONS), 1)) {
            // When
            Optional<Sample> sample = writer.write(network, 1);

            // Then
            assertThat(sample).isPresent();
        }
    }

    @Test
    void withoutPromptsDocumentsAreContinuedFromTheirBeginning() {
        // Given: a row may begin in the middle of a document
        int[] row = Stream.of(ids("quick"), end(), ids("the quick brown fox"), end(), ids("上海必去景点是外滩"), end(), ids("x"))
                .flatMapToInt(IntStream::of)
                .toArray();

        // When
        SampleWriter writer = SampleWriter.ofDocuments(settings(1), TOKENIZER, Stream.of(row), POSITIONS)
                .orElseThrow();

        // Then
        assertThat(writer.prompts()).hasSize(2).allSatisfy(prompt -> {
            assertThat(prompt.ids().length).isBetween(1, 8);
            assertThat(TOKENIZER.decode(prompt.ids())).isEqualTo(prompt.text());
        });
        assertThat("the quick brown fox").startsWith(writer.prompts().getFirst().text());
        assertThat("上海必去景点是外滩").startsWith(writer.prompts().getLast().text());
    }

    @Test
    void questionsAreShownAsTheyWereAskedEachOnce() {
        // Given
        int[] question = ChatTemplate.prompt(TOKENIZER, List.of(Message.user("成都必去景点")));

        // When
        SampleWriter writer = SampleWriter.ofAnswers(
                        settings(1), TOKENIZER, Stream.of(question, question.clone()), POSITIONS)
                .orElseThrow();

        // Then
        assertThat(writer.prompts()).extracting(SampleWriter.Prompt::text).containsExactly("成都必去景点");
        assertThat(writer.end()).isEqualTo(TOKENIZER.endOfTurn());
    }

    @Test
    void whereNothingFitsNothingIsWritten() {
        assertThat(SampleWriter.ofAnswers(settings(1, "上海".repeat(200)), TOKENIZER, Stream.of(), POSITIONS))
                .isEmpty();
        assertThat(SampleWriter.ofDocuments(settings(1), TOKENIZER, Stream.of(new int[] {1, 2}), POSITIONS))
                .isEmpty();
        assertThat(SampleWriter.ofDocuments(settings(0, "fox"), TOKENIZER, Stream.of(), POSITIONS))
                .isEmpty();
    }

    private static int[] ids(String text) {
        return TOKENIZER.encode(text);
    }

    private static int[] end() {
        return new int[] {TOKENIZER.endOfDocument()};
    }

    private static byte[] bytes(Transformer network) {
        StringBuilder all = new StringBuilder();
        network.tensors().forEach((name, tensor) -> all.append(name).append(Arrays.toString(tensor.toFloats())));
        return all.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }
}
