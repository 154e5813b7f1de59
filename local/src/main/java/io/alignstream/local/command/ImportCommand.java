package io.alignstream.local.command;

import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.exchange.GgufImport;
import io.alignstream.languagemodel.exchange.HuggingFaceModel;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.local.pipeline.BaseModelImport;
import io.alignstream.local.pipeline.Publisher;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import io.alignstream.local.site.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
            return Files.isRegularFile(given) ? GgufImport.load(given, scratch) : HuggingFaceModel.load(given);
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
                model.tokenizer().hasForeignTemplate()
                        ? "conversations are laid out by its own chat template, turns end with "
                                + model.tokenizer().name(model.tokenizer().endOfTurn())
                        : "it has no chat template: conversations are laid out as Alignstream's own models have them");
        Site site = options.site();
        try (LocalCluster cluster = LocalCluster.startBroker(site, Installation.current(), console);
                CheckpointStore store = CheckpointStore.open(site.store().toUri(), site.storeCache());
                Publisher publisher = new Publisher(site.bootstrapServers())) {
            BaseModelImport imported = BaseModelImport.save(model, store);
            publisher.publishAgain(Topic.TOKENIZERS, imported.tokenizer());
            publisher.publishAgain(Topic.CHECKPOINTS, imported.base());
            console.line("the base model: " + imported.base().reference().uri());
            console.line("Continue with: ./alignstream train --instructions FILE");
        }
        return 0;
    }
}
