package io.alignstream.local.command;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.DamagedCheckpointException;
import io.alignstream.languagemodel.exchange.ExportFormat;
import io.alignstream.local.broker.Broker;
import io.alignstream.local.pipeline.PublishedRegistry;
import io.alignstream.local.process.ManagedProcess;
import io.alignstream.local.service.SiteSettings;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import io.alignstream.training.retention.Registry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./alignstream export --format FORMAT --to PATH}. */
@Command(
        name = "export",
        mixinStandardHelpOptions = true,
        description = {
            "Write a model for other programs.",
            "",
            "A checkpoint is a Hugging Face directory as it is: transformers loads it. The formats:",
            "huggingface   a folder without the training state, LoRA adapters worked into the weights",
            "peft   a folder with the LoRA adapters alone, for PEFT 0.18 or newer",
            "gguf   one file for llama.cpp and what is built on it, in the precision of the checkpoint",
            "",
            "For example: ./alignstream export --format gguf --to model.gguf"
        })
public final class ExportCommand implements Callable<Integer> {

    @Mixin
    SiteOptions options = new SiteOptions();

    @Parameters(
            arity = "0..1",
            paramLabel = "DIR",
            description =
                    "A checkpoint's folder, or one that import takes. Default: the release that was approved last, or"
                            + " else the SFT model in use, or else the base model, as the topics have it.")
    @Nullable
    Path folder;

    @Option(names = "--format", required = true, paramLabel = "FORMAT", description = "huggingface, peft or gguf.")
    ExportFormat format = ExportFormat.HUGGINGFACE;

    @Option(names = "--to", required = true, paramLabel = "PATH", description = "The new file or folder.")
    Path target = Path.of("");

    @Override
    public Integer call() throws IOException {
        Console console = Console.standard();
        if (folder != null) {
            export(folder, console);
            return 0;
        }
        Site site = options.site();
        if (!Files.isDirectory(site.kafka())) {
            throw noModel();
        }
        Registry registry = registry(site, console);
        try (CheckpointStore store = new SiteSettings(site, System.getenv()).openStore()) {
            export(store.open(newest(registry, format)).folder(), console);
        } catch (DamagedCheckpointException e) {
            throw new LaunchException("Cannot export: " + e.getMessage() + ".", e);
        }
        return 0;
    }

    /** From the broker that runs, whoever has started it; otherwise it runs for as long as it is read. */
    private static Registry registry(Site site, Console console) {
        if (!site.hasBroker()
                || ManagedProcess.find(site.run(), Broker.NAME)
                        .filter(ManagedProcess::alive)
                        .isPresent()) {
            return PublishedRegistry.read(site.connection());
        }
        try (LocalCluster cluster = LocalCluster.startBrokerToFreeSpace(site, Installation.current(), console)) {
            return PublishedRegistry.read(site.connection());
        }
    }

    private void export(Path model, Console console) {
        console.line("from " + model);
        try {
            format.export(model, target);
        } catch (IOException | IllegalArgumentException e) {
            throw new LaunchException("Cannot export " + model + ": " + e.getMessage() + ".", e);
        }
        console.line("wrote " + target);
    }

    /**
     * The model that the topics say is served, or else in use.
     *
     * @throws LaunchException if they know none
     */
    public static Reference newest(Registry registry, ExportFormat format) {
        Optional<Reference> sft = registry.inUse(Stage.SFT).map(Checkpoint::reference);
        if (format == ExportFormat.PEFT) {
            return sft.orElseThrow(ExportCommand::noModel);
        }
        return registry.newestApproved()
                .map(ModelRelease::reference)
                .or(() -> sft)
                .or(() -> registry.inUse(Stage.PRETRAIN).map(Checkpoint::reference))
                .orElseThrow(ExportCommand::noModel);
    }

    private static LaunchException noModel() {
        return new LaunchException(
                "No stage has published a model yet; name the folder of one, or train one with ./alignstream train.");
    }
}
