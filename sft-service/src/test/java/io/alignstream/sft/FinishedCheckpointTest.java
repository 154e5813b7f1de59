package io.alignstream.sft;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.training.Lineage;
import io.alignstream.training.Monitor;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingRuns;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a finished checkpoint consists of: its manifest's hash is the parent of reward and aligned models. */
class FinishedCheckpointTest {

    @TempDir
    private Path base;

    @TempDir
    private Path folder;

    private CheckpointStore store;

    @BeforeEach
    void open() throws IOException {
        TinyInstructions.writeBase(base);
        store = CheckpointStore.open(folder.toUri(), folder);
    }

    @AfterEach
    void close() {
        store.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0 | config.json,generation_config.json,model.safetensors,tokenizer.json,tokenizer_config.json,training-state.safetensors",
                "4 | adapter_model.safetensors,config.json,generation_config.json,model.safetensors,tokenizer.json,tokenizer_config.json,training-state.safetensors"
            })
    void hasTheseFilesAndKeys(String rank, String files) throws IOException {
        // Given
        SftSettings settings = TinyInstructions.settings(
                2, 3, TinyInstructions.configured("float32", rank).lora());
        Trainer trainer = new Trainer(
                new TrainingRuns(store, Stage.SFT).of(Lineage.NONE, List.of(), settings.hyperparameters()),
                SftLoop.Inputs.of(settings, base, TinyInstructions.all()),
                settings.training(),
                Monitor.SILENT);

        // When
        Trainer.Result result = trainer.train().orElseThrow();

        // Then
        Manifest manifest = store.open(result.checkpoint()).manifest();
        assertThat(manifest.files().keySet()).containsExactlyInAnyOrder(files.split(","));
        assertThat(manifest.position().keySet()).containsExactlyInAnyOrder("epoch", "nextBatch");
        assertThat(manifest.metrics().keySet())
                .containsExactlyInAnyOrder(
                        "baseValidationLoss",
                        "conversations",
                        "gradientNorm",
                        "learningRate",
                        "loss",
                        "validationAccuracy",
                        "validationAnswers",
                        "validationLoss");
    }
}
