package io.alignstream.local.command.release;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.messages.Language;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.DamagedCheckpointException;
import io.alignstream.languagemodel.exchange.ExportFormat;
import io.alignstream.local.command.SiteOptions;
import io.alignstream.local.service.SiteSettings;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import io.alignstream.training.card.MarkdownCard;
import io.alignstream.training.retention.Registry;
import java.io.IOException;
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
            "huggingface   a folder without the training state, LoRA adapters worked into the weights, with the model's card as"
                    + " README.md",
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

    @Option(
            names = "--masked",
            description = "The newest masked model, which fills blanks, for transformers' fill-mask pipeline"
                    + " (version 5.3 or newer), instead of the default; with --format huggingface.")
    boolean masked;

    @Option(names = "--to", required = true, paramLabel = "PATH", description = "The new file or folder.")
    Path target = Path.of("");

    @Override
    public Integer call() throws IOException {
        Console console = Console.standard();
        if (masked && (folder != null || format != ExportFormat.HUGGINGFACE)) {
            throw new LaunchException("--masked takes the newest masked model and writes it with --format huggingface;"
                    + " give no folder and no other format beside it.");
        }
        if (folder != null) {
            export(folder, null, console);
            return 0;
        }
        Site site = options.site();
        try (PublishedModels models = PublishedModels.open(site, console);
                CheckpointStore store = new SiteSettings(site, System.getenv()).openStore()) {
            Reference model = masked ? newestMasked(models.registry()) : newest(models.registry(), format);
            Path checkpoint = store.open(model).folder();
            boolean carded = !masked && format != ExportFormat.GGUF; // a card tells of what writes
            export(checkpoint, carded ? readme(models, store, model) : null, console);
        } catch (DamagedCheckpointException e) {
            throw new LaunchException("Cannot export: " + e.getMessage() + ".", e);
        }
        return 0;
    }

    private static String readme(PublishedModels models, CheckpointStore store, Reference model) throws IOException {
        return MarkdownCard.of(models.card(store, model), Language.ENGLISH);
    }

    private void export(Path model, @Nullable String readme, Console console) {
        console.line("from " + model);
        try {
            format.export(model, target, readme);
        } catch (IOException | IllegalArgumentException e) {
            throw new LaunchException("Cannot export " + model + ": " + e.getMessage() + ".", e);
        }
        console.line("wrote " + target);
    }

    /**
     * The newest model that fills blanks.
     *
     * @throws LaunchException if the topics know none
     */
    static Reference newestMasked(Registry registry) {
        return registry.newestMasked()
                .map(Checkpoint::reference)
                .orElseThrow(() -> new LaunchException("There is no masked model yet; train one on the documents that"
                        + " are there with ./alignstream down, then ALIGNSTREAM_PRETRAIN_OBJECTIVE=masked"
                        + " ./alignstream up."));
    }

    /**
     * The model that the topics say is served, or else in use.
     *
     * @throws LaunchException if they know none
     */
    public static Reference newest(Registry registry, ExportFormat format) {
        Optional<Reference> sft = registry.inUse(Stage.SFT).map(Checkpoint::reference);
        if (format == ExportFormat.PEFT) {
            return sft.orElseThrow(PublishedModels::none);
        }
        return registry.newestApproved()
                .map(ModelRelease::reference)
                .or(() -> sft)
                .or(() -> registry.inUse(Stage.PRETRAIN).map(Checkpoint::reference))
                .orElseThrow(PublishedModels::none);
    }
}
