package io.alignstream.local.command.exchange;

import io.alignstream.contracts.exchange.InstructionFormat;
import io.alignstream.local.command.LocalCluster;
import io.alignstream.local.command.SiteOptions;
import io.alignstream.local.pipeline.PublishedInstructions;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./alignstream instructions export}. */
@Command(
        name = "instructions",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = {
            "Hand on the instructions that were published here. Those of others come with: ./alignstream train",
            "",
            "A file has one JSON object a line. The formats:",
            "alignstream   messages, referenceAnswers, id, tags: the events themselves; nothing is lost",
            "alpaca   instruction, input, output; system and history where there are",
            "sharegpt   conversations, a list of {\"from\", \"value\"}",
            "openai   messages, a list of {\"role\", \"content\"}, with weight 0 where an answer is not to be learned",
            "trl   prompt and completion, lists of {\"role\", \"content\"}; one line for each answer that is learned"
        },
        commandListHeading = "%nCommands:%n")
public final class InstructionsCommand {

    @Command(
            name = "export",
            mixinStandardHelpOptions = true,
            description = {
                "Write every instruction that is published.",
                "",
                "One with several reference answers gives a line for each but in our own format. What a format cannot say is"
                        + " counted, with the reason."
            })
    int give(
            @Mixin SiteOptions options,
            @Option(
                            names = "--format",
                            required = true,
                            paramLabel = "FORMAT",
                            description = "alignstream, alpaca, sharegpt, openai or trl.")
                    String format,
            @Option(
                            names = "--to",
                            required = true,
                            paramLabel = "FILE",
                            description = "The new file, .jsonl; packed if .gz or .zst stands behind.")
                    Path target)
            throws IOException {
        InstructionFormat chosen = InstructionFormat.of(format)
                .orElseThrow(() -> new LaunchException("There is no format " + format + "; known are "
                        + Arrays.stream(InstructionFormat.values())
                                .map(InstructionFormat::id)
                                .collect(Collectors.joining(", "))
                        + "."));
        ExchangeFile.requireNew(target);
        Console console = Console.standard();
        Site site = options.site();
        PublishedInstructions published;
        try (LocalCluster cluster = LocalCluster.startBroker(site, Installation.current(), console)) {
            published = PublishedInstructions.read(site.connection());
        }
        ExchangeFile.write(published.instructions(), chosen::write, "instructions", target, console);
        return 0;
    }
}
