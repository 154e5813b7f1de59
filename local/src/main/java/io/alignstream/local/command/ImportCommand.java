package io.alignstream.local.command;

import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.exchange.HuggingFaceModel;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.local.pipeline.BaseModelImport;
import io.alignstream.local.pipeline.Publisher;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code ./alignstream import DIR}. */
@Command(
        name = "import",
        mixinStandardHelpOptions = true,
        description = {
            "Take a model of others as the base model.",
            "",
            "DIR is a Hugging Face directory of a Llama, Qwen2 or Qwen3 model: config.json, model.safetensors (or"
                    + " shards with their index; fp32, fp16 or bf16) and tokenizer.json. It is checked, copied to the"
                    + " store and published, and the next SFT run starts from it:",
            "  ./alignstream import DIR && ./alignstream train --instructions FILE",
            "",
            "Its own chat format is not used: fine-tuning teaches it the one of Alignstream."
        })
public final class ImportCommand implements Callable<Integer> {

    @Mixin
    SiteOptions options = new SiteOptions();

    @Parameters(paramLabel = "DIR", description = "The folder with config.json.")
    Path folder = Path.of("");

    @Override
    public Integer call() throws IOException {
        Console console = Console.standard();
        HuggingFaceModel model;
        try {
            model = HuggingFaceModel.load(folder.toAbsolutePath().normalize());
        } catch (IOException e) {
            throw new LaunchException("Cannot import: " + e.getMessage() + ".", e);
        }
        TransformerConfig config = model.config();
        console.line("%s, %,d parameters, %d layers of width %d, %,d tokens, %,d positions"
                .formatted(
                        config.variant().architecture().modelType(),
                        config.parameters(),
                        config.layers(),
                        config.width(),
                        config.vocabularySize(),
                        config.maxPositions()));
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
