package io.alignstream.pretrain;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.pretrain.data.SequenceSource;
import io.alignstream.training.Lineage;
import io.alignstream.training.Monitor;
import io.alignstream.training.Trainer;
import io.alignstream.training.TrainingRuns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a finished checkpoint consists of: its manifest's hash is the parent of every later run, so a file or a key more
 * makes every model that is there the child of a base model that nobody has.
 */
class FinishedCheckpointTest {

    private static final Tokenizer TOKENIZER = TinyText.tokenizer();

    @TempDir
    private Path folder;

    private CheckpointStore store;

    @BeforeEach
    void open() throws IOException {
        store = CheckpointStore.open(folder.toUri(), folder);
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void hasTheseFilesAndKeys() throws IOException {
        // Given: validations and checkpoints to go back to, and the end of the learning rate's decay
        SequenceSource source = recorded(TinyText.sequences(TOKENIZER, 0, 50));

        // When
        StoredCheckpoint finished = train(source, TinyText.sequences(TOKENIZER, 1_000, 8));

        // Then
        assertThat(finished.manifest().files().keySet())
                .containsExactlyInAnyOrder(
                        "config.json",
                        "generation_config.json",
                        "ledger.txt",
                        "model.safetensors",
                        "tokenizer.json",
                        "tokenizer_config.json",
                        "training-state.json",
                        "training-state.safetensors");
        assertThat(finished.manifest().position().keySet())
                .containsExactlyInAnyOrder("epoch", "nextSequence", "trunkEpoch", "trunkNextSequence");
        assertThat(finished.manifest().metrics().keySet())
                .containsExactlyInAnyOrder(
                        "generalisationGap",
                        "gradientNorm",
                        "learningRate",
                        "loss",
                        "recoveries",
                        "trainedTokens",
                        "trainingBitsPerByte",
                        "trainingSequences",
                        "validationBitsPerByte");
        assertThat(text(finished, "ledger.txt"))
                .isEqualTo(
                        """
                        shard 0 training: as the packer says
                        trained: passes=2 sequences=20
                        """);
        assertThat(withoutFigures(text(finished, "training-state.json")))
                .isEqualTo(
                        """
                        {
                          "anchor" : false,
                          "anchorSteps" : [ 21, 28 ],
                          "anchors" : [ "SHA-256", "SHA-256" ],
                          "best" : {
                            "bitsPerByte" : FIGURE,
                            "step" : 30,
                            "worse" : 0
                          },
                          "guard" : {
                            "average" : FIGURE,
                            "count" : 30,
                            "lowest" : FIGURE
                          },
                          "recovery" : {
                            "events" : [ ],
                            "learningRateScale" : FIGURE,
                            "skipped" : [ ]
                          },
                          "trainedBytes" : 0,
                          "trainedNats" : FIGURE
                        }
                        """);
    }

    @Test
    void carriesTheTrunkThatTheNextRunContinues() throws IOException {
        // Given
        SequenceSource source = recorded(TinyText.sequences(TOKENIZER, 0, 50));

        // When
        StoredCheckpoint finished = train(source, List.of());

        // Then
        assertThat(Safetensors.read(finished.folder().resolve("training-state.safetensors"))
                        .keySet())
                .contains("trunk.w.model.embed_tokens.weight", "trunk.w.model.norm.weight")
                .allMatch(name -> name.matches("trunk\\.(w|optimiser\\.[a-z]+)\\..*"));
    }

    private StoredCheckpoint train(SequenceSource source, List<int[]> validation) throws IOException {
        PretrainSettings settings = TinyText.settings(30, 7, Duration.ofHours(1));
        Trainer trainer = new Trainer(
                new TrainingRuns(store, Stage.PRETRAIN).of(Lineage.NONE, List.of(), settings.hyperparameters()),
                new PretrainLoop.Inputs(settings, TOKENIZER, source, validation, Optional.empty()),
                settings.training(),
                Monitor.SILENT);
        return store.open(trainer.train().orElseThrow().checkpoint());
    }

    /** Sequences of which somebody keeps a ledger. */
    private static SequenceSource recorded(List<int[]> sequences) {
        SequenceSource plain = SequenceSource.of(sequences);
        return new SequenceSource() {
            @Override
            public long size() {
                return plain.size();
            }

            @Override
            public int sequenceLength() {
                return plain.sequenceLength();
            }

            @Override
            public Stream<int[]> open(long first) {
                return plain.open(first);
            }

            @Override
            public SortedMap<String, String> ledger() {
                return new TreeMap<>(Map.of("shard 0 training", "as the packer says"));
            }
        };
    }

    private static String text(StoredCheckpoint checkpoint, String file) throws IOException {
        return Files.readString(checkpoint.folder().resolve(file));
    }

    /** Weights, and what is measured on them, depend on the processor. */
    private static String withoutFigures(String json) {
        return json.replaceAll("[0-9a-f]{64}", "SHA-256").replaceAll("\\d+\\.\\d+(E-?\\d+)?", "FIGURE");
    }
}
