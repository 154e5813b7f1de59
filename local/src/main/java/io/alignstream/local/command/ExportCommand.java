package io.alignstream.local.command;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.exchange.ExportFormat;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
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

    /** Whose models talk, the most refined first. */
    private static final List<Stage> STAGES = List.of(Stage.RLHF, Stage.SFT, Stage.PRETRAIN);

    @Mixin
    SiteOptions options = new SiteOptions();

    @Parameters(
            arity = "0..1",
            paramLabel = "DIR",
            description =
                    "A checkpoint's folder, or one that import takes. Default: the aligned model that was finished"
                            + " last, or else the SFT model, or else the base model.")
    @Nullable
    Path folder;

    @Option(names = "--format", required = true, paramLabel = "FORMAT", description = "huggingface, peft or gguf.")
    ExportFormat format = ExportFormat.HUGGINGFACE;

    @Option(names = "--to", required = true, paramLabel = "PATH", description = "The new file or folder.")
    Path target = Path.of("");

    @Override
    public Integer call() throws IOException {
        Path model = folder == null ? newest(options.site()) : folder;
        Console console = Console.standard();
        console.line("from " + model);
        try {
            format.export(model, target);
        } catch (IOException | IllegalArgumentException e) {
            throw new LaunchException("Cannot export " + model + ": " + e.getMessage() + ".", e);
        }
        console.line("wrote " + target);
        return 0;
    }

    private Path newest(Site site) throws IOException {
        if (Files.isDirectory(site.store())) {
            try (CheckpointStore store = CheckpointStore.open(site.store().toUri(), site.storeCache())) {
                for (Stage stage : format == ExportFormat.PEFT ? List.of(Stage.SFT) : STAGES) {
                    Optional<Path> found = newest(store, stage);
                    if (found.isPresent()) {
                        return found.get();
                    }
                }
            }
        }
        throw new LaunchException("There is no finished model in " + site.store()
                + "; name the folder of one, or train one with ./alignstream train.");
    }

    private static Optional<Path> newest(CheckpointStore store, Stage stage) throws IOException {
        Path newest = null;
        FileTime time = FileTime.fromMillis(0);
        for (String run : store.runs(stage)) {
            for (Map.Entry<Reference, Manifest> found :
                    store.manifests(stage, run).entrySet()) {
                Path folder = Path.of(found.getKey().uri());
                FileTime finished = Files.getLastModifiedTime(folder.resolve(Manifest.FILE_NAME));
                if (found.getValue().complete() && finished.compareTo(time) > 0) {
                    newest = folder;
                    time = finished;
                }
            }
        }
        return Optional.ofNullable(newest);
    }
}
