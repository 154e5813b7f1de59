package io.alignstream.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.contracts.split.HeldOut;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.exchange.ExportFormat;
import io.alignstream.languagemodel.generation.AnswerSampler;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.training.HealingEvent;
import io.alignstream.training.Lineage;
import io.alignstream.training.Recovery;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingFailedException;
import io.alignstream.training.TrainingLoop;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import io.alignstream.training.testing.Recorder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SftLoopTest {

    private static final List<Instruction> INSTRUCTIONS = TinyInstructions.all();

    @TempDir
    private static Path base;

    @TempDir
    private Path folder;

    @BeforeAll
    static void writeBase() throws IOException {
        TinyInstructions.writeBase(base);
    }

    @Test
    void theChatsControlTokensBeginAsWhatTheyResembleInDocuments() throws IOException {
        // Given
        SftSettings settings = TinyInstructions.settings(20, 1_000);
        Recorder stoppedAtOnce = Recorder.until(0);

        // When
        Optional<Trainer.Result> result =
                trainer("tokens", settings, stoppedAtOnce).train();

        // Then
        assertThat(result).isEmpty();
        try (CheckpointStore store = store("tokens")) {
            Path first = store.list(Stage.SFT, run("tokens", settings).id())
                    .getFirst()
                    .folder();
            Tokenizer tokenizer = Tokenizer.load(base);
            float[] rows = Safetensors.read(first.resolve("model.safetensors"))
                    .get("model.embed_tokens.weight")
                    .toFloats();
            int width = rows.length / tokenizer.vocabularySize();
            assertThat(row(rows, tokenizer.endOfTurn(), width)).isEqualTo(row(rows, tokenizer.endOfDocument(), width));
            assertThat(row(rows, tokenizer.assistant(), width))
                    .isEqualTo(row(rows, tokenizer.encode("\n")[0], width))
                    .isNotEqualTo(row(rows, tokenizer.endOfDocument(), width));
        }
    }

    private static float[] row(float[] rows, int token, int width) {
        return Arrays.copyOfRange(rows, token * width, (token + 1) * width);
    }

    @Test
    void theConfiguredPrecisionReachesTheStepsOfWeightsAndOfAdapters() throws IOException {
        for (String rank : List.of("0", "4")) {
            // Given
            Recorder full = Recorder.until(2);
            Recorder half = Recorder.until(2);

            // When
            trainer("full" + rank, TinyInstructions.configured("float32", rank), full)
                    .train();
            trainer("half" + rank, TinyInstructions.configured("bfloat16", rank), half)
                    .train();

            // Then: rounded activations, nothing else
            assertThat(half.first("loss")).isNotEqualTo(full.first("loss")).isCloseTo(full.first("loss"), within(0.05));
        }
        assertThat(TinyInstructions.configured("bfloat16", "0").hyperparameters())
                .containsEntry("precision", "bfloat16");
        assertThatThrownBy(() -> TinyInstructions.configured("fp8", "0")).hasMessageContaining("fp8");
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
        Trainer.Result result = trainer("a", settings, recorder).train().orElseThrow();

        // Then
        assertThat(recorder.last("loss")).isLessThan(0.3 * recorder.first("loss"));
        assertThat(result.metrics())
                .containsKeys("loss", "validationLoss", "validationAccuracy", "validationAnswers", "conversations");
        try (CheckpointStore store = store("a");
                Transformer model =
                        Transformer.load(store.open(result.checkpoint()).folder())) {
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
    void aRunThatWasStoppedEndsWithTheSameCheckpointAsAnUndisturbedOne() throws IOException {
        // Given
        SftSettings settings = TinyInstructions.settings(4, 3);
        Reference undisturbed = trainer("a", settings, Recorder.toTheEnd())
                .train()
                .orElseThrow()
                .checkpoint();

        // When
        Optional<Trainer.Result> stopped =
                trainer("b", settings, Recorder.until(5)).train();
        Recorder rest = Recorder.toTheEnd();
        Reference resumed = trainer("b", settings, rest).train().orElseThrow().checkpoint();

        // Then
        assertThat(stopped).isEmpty();
        assertThat(rest.steps().getFirst()).isEqualTo(6);
        assertThat(resumed.sha256()).isEqualTo(undisturbed.sha256());
    }

    @Test
    void aRunThatDiedRepeatsTheStepsSinceItsLastCheckpoint() throws IOException {
        // Given
        SftSettings settings = TinyInstructions.settings(4, 3);
        Reference undisturbed = trainer("a", settings, Recorder.toTheEnd())
                .train()
                .orElseThrow()
                .checkpoint();
        Recorder dying = Recorder.calling((step, figures) -> {
            if (step == 8) {
                throw new OutOfMemoryError("as if killed");
            }
        });
        Throwable death = catchThrowable(() -> trainer("b", settings, dying).train());

        // When
        Recorder rest = Recorder.toTheEnd();
        Reference resumed = trainer("b", settings, rest).train().orElseThrow().checkpoint();

        // Then
        assertThat(death).isInstanceOf(OutOfMemoryError.class);
        assertThat(rest.steps().getFirst()).isEqualTo(7);
        assertThat(resumed.sha256()).isEqualTo(undisturbed.sha256());
    }

    @Test
    void aRunWhoseNewestCheckpointIsDamagedGoesOnFromTheOneBefore() throws IOException {
        // Given
        SftSettings settings = TinyInstructions.settings(4, 3);
        Reference undisturbed = trainer("a", settings, Recorder.toTheEnd())
                .train()
                .orElseThrow()
                .checkpoint();
        Optional<Trainer.Result> stopped =
                trainer("b", settings, Recorder.until(7)).train();
        Path model = newestModel(run("b", settings));
        byte[] whole = Files.readAllBytes(model);
        Files.write(model, Arrays.copyOf(whole, (int) (whole.length * 99L / 100)));

        // When
        Recorder rest = Recorder.toTheEnd();
        Reference resumed = trainer("b", settings, rest).train().orElseThrow().checkpoint();

        // Then
        assertThat(stopped).isEmpty();
        assertThat(rest.steps().getFirst()).isEqualTo(7);
        assertThat(resumed.sha256()).isEqualTo(undisturbed.sha256());
    }

    @Test
    void whereverTheNewestCheckpointIsCutTheOneBeforeIsTheNewest() throws IOException {
        // Given
        SftSettings settings = TinyInstructions.settings(4, 3);
        Optional<Trainer.Result> stopped =
                trainer("b", settings, Recorder.until(7)).train();
        TrainingRun run = run("b", settings);
        Path model = newestModel(run);
        byte[] whole = Files.readAllBytes(model);
        List<Long> newest = new ArrayList<>();

        // When
        for (int i = 0; i < 100; i++) {
            Files.write(model, Arrays.copyOf(whole, (int) ((long) whole.length * i / 100)));
            newest.add(run.newest().orElseThrow().manifest().step());
        }

        // Then
        assertThat(stopped).isEmpty();
        assertThat(newest).hasSize(100).containsOnly(6L);
    }

    private static Path newestModel(TrainingRun run) throws IOException {
        return run.newest().orElseThrow().folder().resolve("model.safetensors");
    }

    @Test
    void aPoisonedLearningRateIsLoweredUntilTrainingWorks() throws IOException {
        // Given
        SftSettings settings = TinyInstructions.settings(4, 8, 3, 1.0, true, null);
        Recorder recorder = Recorder.toTheEnd();

        // When
        Trainer.Result undisturbed = trainer("a", settings, recorder).train().orElseThrow();
        Optional<Trainer.Result> stopped =
                trainer("b", settings, Recorder.until(15)).train();
        Reference resumed = trainer("b", settings, Recorder.toTheEnd())
                .train()
                .orElseThrow()
                .checkpoint();

        // Then
        assertThat(stopped).isEmpty();
        Map<String, Double> metrics = undisturbed.metrics();
        assertThat(metrics.get("recoveries")).isBetween(1.0, 3.0);
        assertThat(metrics.get("validationLoss"))
                .isLessThan(0.7 * Objects.requireNonNull(metrics.get("baseValidationLoss")));
        assertThat(resumed.sha256()).isEqualTo(undisturbed.checkpoint().sha256());
    }

    @Test
    void aRunThatNoLearningRateHealsSaysWhatItTried() throws IOException {
        // Given
        Path broken = folder.resolve("broken");
        Files.createDirectories(broken);
        try (Transformer model = Transformer.load(base)) {
            Tokenizer tokenizer = Tokenizer.load(base);
            model.config().save(broken, new int[] {tokenizer.endOfDocument()}, tokenizer.pad());
            tokenizer.save(broken);
            Map<String, Tensor> tensors = new LinkedHashMap<>(model.tensors());
            float[] norm = new float[model.config().width()];
            Arrays.fill(norm, Float.NaN);
            tensors.put("model.norm.weight", Tensor.of(norm, norm.length));
            Safetensors.write(broken.resolve("model.safetensors"), tensors, Map.of());
        }
        SftSettings settings = TinyInstructions.settings(4, 3);

        // When // Then
        assertThatThrownBy(trainer("a", broken, settings, Recorder.toTheEnd())::train)
                .isInstanceOf(TrainingFailedException.class)
                .hasMessageContaining("step 1 failed: loss NaN")
                .hasMessageContaining("at learning rate")
                .hasMessageContaining("went back 3 times without success");
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
                    .isEqualTo(settings.learningRate(0, loop.total()) * Math.pow(0.3, 3))
                    .isNotEqualTo(settings.learningRate(0, loop.total()) * recovery.learningRateScale());
        }
    }

    @Test
    void packingChangesNoLoss() throws IOException {
        // Given
        SftSettings packed = TinyInstructions.settings(2, 100);
        Recorder with = Recorder.toTheEnd();
        Recorder without = Recorder.toTheEnd();

        // When
        List<Instruction> mixed = new ArrayList<>(INSTRUCTIONS);
        for (int i = 0; i < 8; i++) { // a batch of long and short ones, in which two rows have room for others
            Message question = Message.user("京北".repeat(14 + i % 2) + "？");
            mixed.add(new Instruction("long-" + i, List.of(question), List.of("长城"), Map.of()));
        }
        SftSettings plain = TinyInstructions.settings(2, 100, false, null);
        trainer("a", base, mixed, packed, with).train();
        trainer("b", base, mixed, plain, without).train();

        // Then
        assertThat(with.steps()).isEqualTo(without.steps());
        for (int step = 0; step < with.figures().size(); step++) {
            for (String metric : List.of("loss", "gradientNorm")) {
                assertThat(with.figures().get(step).get(metric))
                        .as("%s of step %s", metric, step)
                        .isCloseTo(without.figures().get(step).get(metric), within(1e-3));
            }
        }
    }

    @Test
    void adaptersLearnToAnswerAndResumeBitForBitWhileTheBaseStays() throws IOException {
        // Given
        SftSettings.Lora lora = new SftSettings.Lora(8, 16, List.of("q_proj", "v_proj", "up_proj", "down_proj"), true);
        int epochs = TinyInstructions.configured("float32", "8").epochs();
        SftSettings settings = TinyInstructions.settings(epochs, 8, 4, 1e-2, true, lora);
        Path trained = Files.createDirectories(this.folder.resolve("base"));
        TinyInstructions.writeBase(trained, 60);
        Recorder recorder = Recorder.toTheEnd();
        Trainer.Result undisturbed =
                trainer("a", trained, settings, recorder).train().orElseThrow();

        // When
        Optional<Trainer.Result> stopped =
                trainer("b", trained, settings, Recorder.until(6)).train();
        Reference resumed = trainer("b", trained, settings, Recorder.toTheEnd())
                .train()
                .orElseThrow()
                .checkpoint();

        // Then
        assertThat(stopped).isEmpty();
        assertThat(meanLoss(recorder, epochs - 1, epochs)).isLessThan(0.7 * meanLoss(recorder, 0, epochs));
        assertThat(resumed.sha256()).isEqualTo(undisturbed.checkpoint().sha256());
        StoredCheckpoint tuned = run("a", settings).newest().orElseThrow();
        assertThat(tuned.manifest().parents()).hasEntrySatisfying("base", parent -> assertThat(parent.sha256())
                .isEqualTo("a".repeat(64)));
        Path folder = tuned.folder();
        assertThat(Safetensors.read(folder.resolve("training-state.safetensors"))
                        .keySet())
                .allMatch(name -> name.matches("optimiser\\.[mvs]\\.(A|B|rows)\\..*"));
        assertThat(Safetensors.read(folder.resolve("adapter_model.safetensors")).keySet())
                .allMatch(name -> name.startsWith("base_model.model.model."));
        // Merged: what has no adapter is the base model's.
        String untouched = "model.layers.0.self_attn.k_proj.weight";
        assertThat(Safetensors.read(folder.resolve("model.safetensors")).get(untouched))
                .isEqualTo(
                        Safetensors.read(trained.resolve("model.safetensors")).get(untouched));

        Path peft = this.folder.resolve("peft");
        ExportFormat.PEFT.export(folder, peft);
        assertThat(peft.resolve("adapter_model.safetensors"))
                .hasSameBinaryContentAs(folder.resolve("adapter_model.safetensors"));
        JsonNode config =
                new ObjectMapper().readTree(peft.resolve("adapter_config.json").toFile());
        assertThat(config.path("r").asInt()).isEqualTo(8);
        assertThat(config.path("lora_alpha").asDouble()).isEqualTo(16);
        assertThat(config.path("target_modules")).hasSize(4);
        assertThat(config.path("trainable_token_indices").path("embed_tokens")).hasSize(4);
        assertThat(config.path("base_model_name_or_path").asText())
                .isEqualTo(this.folder
                        .resolve("a/pretrain/run/0000000009-" + "a".repeat(12))
                        .toString());
    }

    @Test
    void theOrderOfTheInstructionsDoesNotMatter() throws IOException {
        // Given
        SftSettings settings = TinyInstructions.settings(2, 100);
        Reference sorted = trainer("a", settings, Recorder.toTheEnd())
                .train()
                .orElseThrow()
                .checkpoint();

        // When
        Reference reversed = trainer("b", base, INSTRUCTIONS.reversed(), settings, Recorder.toTheEnd())
                .train()
                .orElseThrow()
                .checkpoint();

        // Then
        assertThat(reversed.sha256()).isEqualTo(sorted.sha256());
    }

    @Test
    void saysWhyNothingIsLeftToLearnFrom() {
        // Given
        Instruction tooLong = new Instruction("long", List.of(Message.user("成都".repeat(100))), List.of("好"), Map.of());
        SftSettings settings = TinyInstructions.settings(1, 100);

        // When Then
        assertThatThrownBy(() -> SftLoop.Inputs.of(settings, base, List.of(tooLong)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no conversation to learn from")
                .hasMessageContaining("longer than the model's 48 tokens");
    }

    /** Of one epoch's batches, which hold other conversations each. */
    private static double meanLoss(Recorder recorder, int epoch, int epochs) {
        int batches = recorder.figures().size() / epochs;
        return recorder.figures().subList(epoch * batches, (epoch + 1) * batches).stream()
                .mapToDouble(step -> Objects.requireNonNull(step.get("loss")))
                .average()
                .orElseThrow();
    }

    private Trainer trainer(String store, SftSettings settings, Recorder recorder) throws IOException {
        return trainer(store, base, settings, recorder);
    }

    private Trainer trainer(String store, Path from, SftSettings settings, Recorder recorder) throws IOException {
        return trainer(store, from, INSTRUCTIONS, settings, recorder);
    }

    private Trainer trainer(
            String store, Path from, List<Instruction> instructions, SftSettings settings, Recorder recorder)
            throws IOException {
        return new Trainer(
                run(store, settings), SftLoop.Inputs.of(settings, from, instructions), settings.training(), recorder);
    }

    private TrainingRun run(String store, SftSettings settings) {
        Reference parent = new Reference(
                folder.resolve(store)
                        .resolve("pretrain/run/0000000009-" + "a".repeat(12))
                        .toUri(),
                "a".repeat(64),
                9);
        return new TrainingRuns(store(store), Stage.SFT)
                .of(Lineage.of(Lineage.BASE, parent), List.of(), settings.hyperparameters());
    }

    private CheckpointStore store(String name) {
        try {
            return CheckpointStore.open(folder.resolve(name).toUri(), folder.resolve("cache"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
