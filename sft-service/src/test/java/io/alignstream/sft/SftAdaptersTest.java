package io.alignstream.sft;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.exchange.ExportFormat;
import io.alignstream.training.Trainer;
import io.alignstream.training.memory.ActivationMemory;
import io.alignstream.training.testing.Recorder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Adapters of a base model that has read the instructions as documents: one run, looked at from all sides. */
class SftAdaptersTest {

    private static final SftSettings SETTINGS = TinyInstructions.settings(
            6,
            8,
            4,
            1e-2,
            ActivationMemory.DEFAULT,
            new SftSettings.Lora(8, 16, List.of("q_proj", "v_proj", "up_proj", "down_proj"), true));

    @TempDir
    private static Path folder;

    private static TinyRuns runs;
    private static final Recorder RECORDER = Recorder.toTheEnd();
    private static StoredCheckpoint tuned;

    @BeforeAll
    static void train() throws IOException {
        Path base = Files.createDirectories(folder.resolve("base"));
        TinyInstructions.writeBase(base, 60);
        runs = new TinyRuns(folder, base);
        runs.trainer("a", SETTINGS, RECORDER).train();
        tuned = runs.run("a", SETTINGS).newest().orElseThrow();
    }

    @Test
    void learnToAnswer() {
        // When
        double first = meanLoss(0);
        double last = meanLoss(SETTINGS.epochs() - 1);

        // Then
        assertThat(last).isLessThan(0.7 * first);
    }

    @Test
    void resumeBitForBit() throws IOException {
        // Given
        runs.trainer("b", SETTINGS, Recorder.until(6)).train();

        // When
        Trainer.Result resumed =
                runs.trainer("b", SETTINGS, Recorder.toTheEnd()).train().orElseThrow();

        // Then
        assertThat(resumed.checkpoint().sha256()).isEqualTo(tuned.reference().sha256());
    }

    @Test
    void standBesideTheMergedModelWithMomentsOfTheirOwnOnly() throws IOException {
        // When
        Map<String, Tensor> state = Safetensors.read(tuned.folder().resolve("training-state.safetensors"));
        Map<String, Tensor> adapters = Safetensors.read(tuned.folder().resolve("adapter_model.safetensors"));

        // Then
        assertThat(tuned.manifest().parents()).hasEntrySatisfying("base", parent -> assertThat(parent.sha256())
                .isEqualTo(TinyRuns.PARENT));
        assertThat(state.keySet()).allMatch(name -> name.matches("optimiser\\.[mvs]\\.(A|B|rows)\\..*"));
        assertThat(adapters.keySet()).allMatch(name -> name.startsWith("base_model.model.model."));
    }

    @Test
    void leaveTheBaseAsItIsWhereThereAreNone() throws IOException {
        // Given
        String untouched = "model.layers.0.self_attn.k_proj.weight";

        // When
        Tensor merged =
                Safetensors.read(tuned.folder().resolve("model.safetensors")).get(untouched);

        // Then
        assertThat(merged)
                .isEqualTo(Safetensors.read(runs.base().resolve("model.safetensors"))
                        .get(untouched));
    }

    @Test
    void goOutAsPeftsWithTheNameOfTheirBase() throws IOException {
        // Given
        Path peft = folder.resolve("peft");

        // When
        ExportFormat.PEFT.export(tuned.folder(), peft);

        // Then
        assertThat(peft.resolve("adapter_model.safetensors"))
                .hasSameBinaryContentAs(tuned.folder().resolve("adapter_model.safetensors"));
        JsonNode config =
                new ObjectMapper().readTree(peft.resolve("adapter_config.json").toFile());
        assertThat(config.path("r").asInt()).isEqualTo(8);
        assertThat(config.path("lora_alpha").asDouble()).isEqualTo(16);
        assertThat(config.path("target_modules")).hasSize(4);
        assertThat(config.path("trainable_token_indices").path("embed_tokens")).hasSize(4);
        assertThat(config.path("base_model_name_or_path").asText())
                .isEqualTo(runs.parent("a").toString());
    }

    /** Of one epoch's batches, which hold other conversations each. */
    private static double meanLoss(int epoch) {
        int batches = RECORDER.figures().size() / SETTINGS.epochs();
        return RECORDER.figures().subList(epoch * batches, (epoch + 1) * batches).stream()
                .mapToDouble(step -> Objects.requireNonNull(step.get("loss")))
                .average()
                .orElseThrow();
    }
}
