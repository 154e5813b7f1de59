package io.alignstream.local.command.release;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.messages.Language;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.DamagedCheckpointException;
import io.alignstream.local.command.SiteOptions;
import io.alignstream.local.service.SiteSettings;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import io.alignstream.training.card.MarkdownCard;
import io.alignstream.training.card.ModelCard;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./alignstream card}. */
@Command(
        name = "card",
        mixinStandardHelpOptions = true,
        description = {
            "Write what is to be known of a release: its card, as Hugging Face's hub reads it.",
            "",
            "It is written from the manifests of the runs that made the model, the frozen data that they name, and what was"
                    + " measured afterwards (./alignstream evaluate limits). What nobody has said or measured is marked as such."
                    + " Licence and assumptions on energy: ./alignstream settings, alignstream.card.*",
            "",
            "For example: ./alignstream card --to README.md"
        })
public final class CardCommand implements Callable<Integer> {

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    @Mixin
    SiteOptions options = new SiteOptions();

    @Parameters(
            arity = "0..1",
            paramLabel = "RUN",
            description =
                    "The run that made the model, or the model's sha256; the beginning is enough. Default: the release"
                            + " that was approved last, or else the SFT model in use, or else the base model.")
    @Nullable
    String run;

    @Option(names = "--to", paramLabel = "FILE", description = "Write there instead of to the terminal.")
    @Nullable
    Path target;

    @Option(names = "--json", description = "Write JSON, with everything that the card was written from.")
    boolean json;

    @Option(names = "--language", paramLabel = "LANGUAGE", description = "en or zh. Default: en.")
    String language = Language.ENGLISH.id();

    @Override
    public Integer call() throws IOException {
        Language spoken = Language.of(language)
                .orElseThrow(() -> new LaunchException("--language is " + language + " but must be en or zh."));
        // What is written to the terminal may go on into a file: what is done meanwhile is told beside it.
        Console console = new Console(new PrintStream(System.err, true, StandardCharsets.UTF_8), false);
        Site site = options.site();
        String text;
        try (PublishedModels models = PublishedModels.open(site, console);
                CheckpointStore store = new SiteSettings(site, System.getenv()).openStore()) {
            ModelCard card = models.card(store, models.find(run));
            text = json ? JSON.writeValueAsString(card) + "\n" : MarkdownCard.of(card, spoken);
        } catch (DamagedCheckpointException e) {
            throw new LaunchException("Cannot write the card: " + e.getMessage() + ".", e);
        }
        if (target == null) {
            new PrintStream(System.out, true, StandardCharsets.UTF_8).print(text);
        } else {
            Files.writeString(target, text);
            console.line("wrote " + target);
        }
        return 0;
    }
}
