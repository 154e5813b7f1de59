package io.alignstream.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.training.HealingEvent;
import io.alignstream.training.Recovery;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingLoop;
import io.alignstream.training.dataset.SetAside;
import io.alignstream.training.memory.ActivationMemory;
import io.alignstream.training.testing.FigureNames;
import io.alignstream.training.testing.Recorder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a run learns; {@link SftRunTest} has what becomes of one that is disturbed. */
class SftLoopTest {

    private static final List<Instruction> INSTRUCTIONS = TinyInstructions.all();

    @TempDir
    private static Path base;

    @TempDir
    private Path folder;

    private TinyRuns runs;

    @BeforeAll
    static void writeBase() throws IOException {
        TinyInstructions.writeBase(base);
    }

    @BeforeEach
    void open() {
        runs = new TinyRuns(folder, base);
    }

    @Test
    void theChatsControlTokensBeginAsWhatTheyResembleInDocuments() throws IOException {
        // Given
        SftSettings settings = TinyInstructions.settings(20, 1_000);
        Recorder stoppedAtOnce = Recorder.until(0);

        // When
        runs.trainer("tokens", settings, stoppedAtOnce).train();

        // Then
        Tokenizer tokenizer = Tokenizer.load(base);
        float[] rows = Safetensors.read(runs.newest("tokens", settings, "model.safetensors"))
                .get("model.embed_tokens.weight")
                .toFloats();
        int width = rows.length / tokenizer.vocabularySize();
        assertThat(row(rows, tokenizer.endOfTurn(), width)).isEqualTo(row(rows, tokenizer.endOfDocument(), width));
        assertThat(row(rows, tokenizer.assistant(), width))
                .isEqualTo(row(rows, tokenizer.encode("\n")[0], width))
                .isNotEqualTo(row(rows, tokenizer.endOfDocument(), width));
    }

    private static float[] row(float[] rows, int token, int width) {
        return Arrays.copyOfRange(rows, token * width, (token + 1) * width);
    }

    @Test
    void aModelThatFillsBlanksIsNoBase() throws IOException {
        // Given
        Path masked = Files.createDirectory(folder.resolve("masked"));
        Tokenizer tokenizer = Tokenizer.load(base);
        tokenizer.save(masked);
        TransformerConfig.load(base).bothWays().save(masked, new int[] {tokenizer.endOfDocument()}, tokenizer.pad());

        // When
        // Then
        assertThatThrownBy(() -> SftLoop.Inputs.of(TinyInstructions.settings(1, 1_000), masked, INSTRUCTIONS))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("masked model")
                .hasMessageContaining("alignstream.pretrain.objective=next-token");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "4"})
    void theConfiguredPrecisionReachesTheStepsOfWeightsAndOfAdapters(String rank) throws IOException {
        // Given
        Recorder full = Recorder.until(1);
        runs.trainer("full", TinyInstructions.configured("float32", rank), full).train();
        Recorder half = Recorder.until(1);

        // When
        runs.trainer("half", TinyInstructions.configured("bfloat16", rank), half)
                .train();

        // Then: rounded activations, nothing else
        assertThat(half.first("loss")).isNotEqualTo(full.first("loss")).isCloseTo(full.first("loss"), within(0.05));
    }

    @Test
    void every_figure_has_a_name_in_every_language() throws IOException {
        // Given
        Recorder recorder = Recorder.toTheEnd();

        // When
        Trainer.Result result = runs.trainer("names", TinyInstructions.settings(20, 1_000), recorder)
                .train()
                .orElseThrow();

        // Then
        assertThat(FigureNames.missing(recorder, result.metrics())).isEmpty();
        assertThat(recorder.figures()).isNotEmpty();
    }

    @Test
    void learnsToAnswerAndToEndItsTurn() throws IOException {
        // Given
        SftSettings settings = TinyInstructions.settings(40, 1_000);
        Instruction learned = INSTRUCTIONS.stream()
                .filter(instruction -> !HeldOut.of(instruction.messages(), instruction.tags(), settings.heldOutShare()))
                .findFirst()
                .orElseThrow();
        Recorder recorder = Recorder.toTheEnd();

        // When
        Trainer.Result result = runs.trainer("a", settings, recorder).train().orElseThrow();

        // Then
        assertThat(recorder.last("loss")).isLessThan(0.3 * recorder.first("loss"));
        assertThat(result.metrics())
                .containsKeys("loss", "validationLoss", "validationAccuracy", "validationAnswers", "conversations");
        Path tuned = runs.run("a", settings).newest().orElseThrow().folder();
        try (Transformer model = Transformer.load(tuned)) {
            Tokenizer tokenizer = Tokenizer.load(base);
            int[] prompt = ChatTemplate.prompt(tokenizer, learned.messages());
            AnswerSampler.Answer answer = new AnswerSampler(0, 12, tokenizer.endOfTurn())
                    .sample(model, List.of(prompt), new Random(1))
                    .getFirst();
            assertThat(answer.ended()).isTrue();
            assertThat(learned.referenceAnswers()).contains(tokenizer.decode(answer.content()));
        }
    }

    @Test
    void aRunThatStartsForTheFourthTimeHasTheRateTimesTheThirdPowerToTheLastBit() throws IOException {
        // Given
        SftSettings settings = TinyInstructions.settings(4, 3);
        HealingEvent again = new HealingEvent(1, Reason.verbatim("diverged"), 0, 0, 0.3);
        Recovery recovery = new Recovery(0.3 * 0.3 * 0.3, List.of(again, again, again), List.of());

        try (SftLoop loop = SftLoop.Inputs.of(settings, base, INSTRUCTIONS).begin(recovery)) {
            // When
            TrainingLoop.Step step = loop.step();

            // Then
            assertThat(step.figures().get("learningRate"))
                    .isEqualTo(settings.schedule().learningRate(0, loop.total()) * Math.pow(0.3, 3))
                    .isNotEqualTo(settings.schedule().learningRate(0, loop.total()) * recovery.learningRateScale());
        }
    }

    @Test
    void a_batch_in_parts_learns_the_same_up_to_rounding() throws IOException {
        // Given
        List<Instruction> mixed = new ArrayList<>(INSTRUCTIONS);
        for (int i = 0; i < 8; i++) { // long and short ones in a batch
            Message question = Message.user("京北".repeat(14 + i % 2) + "？");
            mixed.add(new Instruction("long-" + i, List.of(question), List.of("长城"), Map.of()));
        }
        Recorder whole = Recorder.toTheEnd();
        runs.trainer("b", mixed, TinyInstructions.settings(2, 100), whole).train();
        Recorder parts = Recorder.toTheEnd();
        ActivationMemory oneRow = new ActivationMemory(1, false);

        // When
        runs.trainer("a", mixed, TinyInstructions.settings(2, 8, 100, 1e-2, oneRow, null), parts)
                .train();

        // Then
        assertThat(parts.steps()).isEqualTo(whole.steps());
        for (int step = 0; step < parts.figures().size(); step++) {
            for (String metric : List.of("loss", "gradientNorm")) {
                assertThat(parts.figures().get(step).get(metric))
                        .as("%s of step %s", metric, step)
                        .isCloseTo(whole.figures().get(step).get(metric), withinPercentage(0.5));
            }
        }
    }

    @Test
    void theOrderOfTheInstructionsDoesNotMatter() throws IOException {
        // Given
        SftSettings settings = TinyInstructions.settings(2, 100);
        Reference sorted = runs.trainer("a", settings, Recorder.toTheEnd())
                .train()
                .orElseThrow()
                .checkpoint();

        // When
        Reference reversed = runs.trainer("b", INSTRUCTIONS.reversed(), settings, Recorder.toTheEnd())
                .train()
                .orElseThrow()
                .checkpoint();

        // Then
        assertThat(reversed.sha256()).isEqualTo(sorted.sha256());
    }

    @Test
    void whatIsLeftOutIsCountedForPeople() throws IOException {
        // Given
        List<Instruction> instructions = new ArrayList<>(INSTRUCTIONS);
        instructions.add(
                new Instruction("long", List.of(Message.user("成都".repeat(100))), List.of("好", "不好"), Map.of()));
        SetAside setAside = new SetAside(Stage.SFT, 0.5);

        // When
        SftLoop.Inputs.of(TinyInstructions.settings(1, 100), base, instructions, setAside);

        // Then
        assertThat(setAside.figures()).isEqualTo(Map.of("conversationsTooLong", 2.0));
    }

    @Test
    void aRunDoesNotBeginWhereMostIsTooLong() {
        // Given
        List<Instruction> instructions = new ArrayList<>(INSTRUCTIONS);
        IntStream.rangeClosed(0, 2 * INSTRUCTIONS.size())
                .mapToObj(i ->
                        new Instruction("long " + i, List.of(Message.user("成都".repeat(100))), List.of("好"), Map.of()))
                .forEach(instructions::add);
        SftSettings settings = TinyInstructions.settings(1, 100);

        // When, then
        assertThatThrownBy(() -> SftLoop.Inputs.of(settings, base, instructions))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("conversations left out: longer than the model's positions (first: long 0 has")
                .hasMessageContaining("48 are the most")
                .hasMessageContaining("alignstream.sft.most-set-aside");
    }
}
