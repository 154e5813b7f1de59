package io.alignstream.local.command.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.ModelRelease.Verdict;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.contracts.objective.PretrainingObjective;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.exchange.ExportFormat;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.local.broker.Broker;
import io.alignstream.local.broker.SharedBroker;
import io.alignstream.local.pipeline.Publisher;
import io.alignstream.local.process.ManagedProcess;
import io.alignstream.local.service.SiteSettings;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import io.alignstream.training.retention.Registry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Which model is exported where nobody names one: not the files' ages decide, but what the topics say. */
class ExportCommandTest {

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final List<Checkpoint> checkpoints = new ArrayList<>();
    private final List<ModelRelease> releases = new ArrayList<>();

    private Reference finished(Stage stage, String run) {
        Reference reference = new Reference(URI.create("file:/" + stage.id() + "/" + run), Sha256.hex(run), 1);
        checkpoints.add(new Checkpoint(stage, run, 1, reference, Map.of(), List.of(), Map.of()));
        return reference;
    }

    private void decided(Reference reference, Verdict verdict) {
        releases.add(new ModelRelease("alignstream", verdict, reference, "run", Map.of(), "for a test"));
    }

    private Reference newest(ExportFormat format) {
        return ExportCommand.newest(new Registry(checkpoints, releases), format);
    }

    @Test
    void whatIsServedGoesBeforeAllThatIsNot() {
        // Given
        Reference sft = finished(Stage.SFT, "sft-1");
        Reference approved = finished(Stage.RLHF, "rlhf-1");
        Reference later = finished(Stage.RLHF, "rlhf-2");
        Reference rejected = finished(Stage.RLHF, "rlhf-3");
        decided(later, Verdict.ROLLED_BACK);
        decided(approved, Verdict.APPROVED);
        decided(rejected, Verdict.REJECTED);

        // When
        Reference model = newest(ExportFormat.GGUF);

        // Then
        assertThat(model).isEqualTo(approved);
        assertThat(newest(ExportFormat.PEFT)).isEqualTo(sft);
    }

    @Test
    void aMaskedModelIsTakenWhereItIsAskedForAndNowhereElse() {
        // Given
        Reference base = finished(Stage.PRETRAIN, "base-1");
        assertThatThrownBy(() -> ExportCommand.newestMasked(new Registry(checkpoints, releases)))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("ALIGNSTREAM_PRETRAIN_OBJECTIVE=masked");
        Reference masked = new Reference(URI.create("file:/masked"), Sha256.hex("masked"), 1);
        checkpoints.add(new Checkpoint(
                Stage.PRETRAIN,
                "masked-1",
                1,
                masked,
                Map.of(),
                List.of(),
                Map.of(),
                null,
                null,
                PretrainingObjective.MASKED));

        // When
        Reference model = ExportCommand.newestMasked(new Registry(checkpoints, releases));

        // Then
        assertThat(model).isEqualTo(masked);
        assertThat(newest(ExportFormat.HUGGINGFACE)).isEqualTo(base);
    }

    @Test
    void withoutAReleaseTheSftModelThatWasPublishedLastIsTaken() {
        // Given
        finished(Stage.PRETRAIN, "base-1");
        finished(Stage.SFT, "sft-1");
        Reference last = finished(Stage.SFT, "sft-2");
        decided(finished(Stage.RLHF, "rlhf-1"), Verdict.REJECTED);

        // When
        Reference model = newest(ExportFormat.HUGGINGFACE);

        // Then
        assertThat(model).isEqualTo(last);
    }

    @Test
    void besideARunningDemoItAsksTheBrokerThatRuns() throws IOException {
        // Given: a model that is in the topics of a running broker, and that no later one has replaced
        Site site = SharedBroker.site();
        String run = "exported-" + UUID.randomUUID().toString().substring(0, 8);
        Tokenizer tokenizer =
                new BpeTrainer(300).train(Stream.of("To be exported.").iterator());
        TransformerConfig shape = TransformerConfig.of(tokenizer.vocabularySize(), 2, 32, 48);
        try (CheckpointStore store = new SiteSettings(site, Map.of()).openStore();
                Transformer network = Transformer.initialise(shape, 1);
                Publisher publisher = new Publisher(site.connection())) {
            Reference model = store.save(Manifest.draft(Stage.SFT, run, 1).withComplete(true), files -> {
                shape.save(files, new int[] {tokenizer.endOfTurn()}, tokenizer.pad());
                tokenizer.save(files);
                Safetensors.write(files.resolve("model.safetensors"), network.tensors(), Map.of());
            });
            publisher.publishAgain(
                    Topic.CHECKPOINTS, new Checkpoint(Stage.SFT, run, 1, model, Map.of(), List.of(), Map.of()));
        }
        Path target = folder.resolve("model");

        // When
        int code = new CommandLine(new ExportCommand())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(
                        "--data-dir",
                        site.dataFolder().toString(),
                        "--format",
                        "huggingface",
                        "--to",
                        target.toString());

        // Then
        assertThat(code).isZero();
        assertThat(target.toFile().list()).contains("model.safetensors", "config.json", "tokenizer.json", "README.md");
        assertThat(target.resolve("README.md")).content().contains("library_name: \"transformers\"", "sft/" + run);
        assertThat(ManagedProcess.find(site.run(), Broker.NAME)).isPresent();
    }

    @Test
    void withoutAnythingItSaysHowToGetAModel() {
        assertThatThrownBy(() -> newest(ExportFormat.GGUF))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("./alignstream train");
    }
}
