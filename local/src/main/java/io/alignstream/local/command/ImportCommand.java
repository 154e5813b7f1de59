package io.alignstream.local.command;

import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.exchange.GgufImport;
import io.alignstream.languagemodel.exchange.HuggingFaceModel;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.local.pipeline.ImportedModel;
import io.alignstream.local.pipeline.Publisher;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import io.alignstream.local.site.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./alignstream import MODEL}. */
@Command(
        name = "import",
        mixinStandardHelpOptions = true,
        description = {
            "Take a model of others as the base model.",
            "",
            "MODEL is a Hugging Face directory of a Llama, Mistral, Qwen2 or Qwen3 model: config.json,"
                    + " model.safetensors (or shards with their index; fp32, fp16 or bf16) and tokenizer.json; or a"
                    + " GGUF file of one (F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K; quantised"
                    + " weights become fp32). It is checked, copied to the store and published, and the next SFT run"
                    + " starts from it:",
            "  ./alignstream import MODEL && ./alignstream train --instructions FILE",
            "",
            "Its own chat template, if it has one, lays out its conversations from then on, as transformers"
                    + " does; one that cannot be rendered exactly is refused. Without one, fine-tuning teaches it"
                    + " the layout of Alignstream."
        })
public final class ImportCommand implements Callable<Integer> {

    @Mixin
    SiteOptions options = new SiteOptions();

    @Parameters(paramLabel = "MODEL", description = "The folder with config.json, or the GGUF file.")
    Path source = Path.of("");

    @Option(
            names = "--as",
            paramLabel = "ROLE",
            defaultValue = "base",
            description =
                    "What it enters the pipeline as: base, which fine-tuning starts from; sft, a model that can chat"
                            + " already, for rankings and RLHF at once; release, which is served besides until a better one is"
                            + " approved. Default: base.")
    ImportedModel.Role role = ImportedModel.Role.BASE;

    @Override
    public Integer call() throws IOException {
        Console console = Console.standard();
        try (TemporaryFolder scratch = TemporaryFolder.create("alignstream-import")) {
            return take(load(scratch.path()), console);
        }
    }

    private HuggingFaceModel load(Path scratch) {
        Path given = source.toAbsolutePath().normalize();
        try {
            HuggingFaceModel model =
                    Files.isRegularFile(given) ? GgufImport.load(given, scratch) : HuggingFaceModel.load(given);
            model.requireCausal("a base model");
            return model;
        } catch (IOException e) {
            throw new LaunchException("Cannot import: " + e.getMessage() + ".", e);
        }
    }

    private int take(HuggingFaceModel model, Console console) throws IOException {
        TransformerConfig config = model.config();
        console.line("%s, %,d parameters, %d layers of width %d, %,d tokens, %,d positions"
                .formatted(
                        config.variant().architecture().modelType(),
                        config.parameters(),
                        config.layers(),
                        config.width(),
                        config.vocabularySize(),
                        config.maxPositions()));
        console.line(
                model.hasTemplate()
                        ? "conversations are laid out by its own chat template, turns end with "
                                + model.tokenizer().name(model.tokenizer().endOfTurn())
                        : "it has no chat template: conversations are laid out as Alignstream's own models have them");
        try {
            ImportedModel.requireChat(model, role);
        } catch (IllegalArgumentException e) {
            throw new LaunchException(
                    "Cannot import as " + role.name().toLowerCase(Locale.ROOT) + ": " + e.getMessage() + ".", e);
        }
        Site site = options.site();
        try (LocalCluster cluster = LocalCluster.startBroker(site, Installation.current(), console);
                CheckpointStore store = CheckpointStore.open(site.store().toUri(), site.storeCache());
                Publisher publisher = new Publisher(site.connection())) {
            ImportedModel imported = ImportedModel.save(model, role, store);
            publisher.publishAgain(Topic.TOKENIZERS, imported.tokenizer());
            publisher.publishAgain(Topic.CHECKPOINTS, imported.base());
            imported.tuned().ifPresent(tuned -> publisher.publishAgain(Topic.CHECKPOINTS, tuned));
            imported.release().ifPresent(release -> publisher.publishAgain(Topic.MODEL_RELEASES, release));
            console.line("the base model: " + imported.base().reference().uri());
            imported.tuned()
                    .ifPresent(tuned -> console.line(
                            "the same as SFT model: " + tuned.reference().uri()));
            console.line("Continue with: ./alignstream "
                    + switch (role) {
                        case BASE -> "train --instructions FILE";
                        case SFT -> "train --rankings FILE --prompts FILE";
                        case RELEASE -> "up";
                    });
        }
        return 0;
    }
}
