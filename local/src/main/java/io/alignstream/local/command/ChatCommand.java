package io.alignstream.local.command;

import io.alignstream.contracts.Stage;
import io.alignstream.local.chat.ChatSession;
import io.alignstream.local.chat.ChatSettings;
import io.alignstream.local.service.ChatClient;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.LaunchException;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./alignstream chat}. */
@Command(
        name = "chat",
        mixinStandardHelpOptions = true,
        description = {
            "Talk to the served model; needs ./alignstream up.",
            "",
            "The model is asked with what was said before, as far as that fits. Commands begin with a slash: /set, /system,"
                    + " /model, /reset; /help lists them. Leave with an empty line, Ctrl-D or Ctrl-C. Lines may also come"
                    + " from a file or another program; the first that fails ends the chat."
        })
public final class ChatCommand implements Callable<Integer> {

    @Mixin
    SiteOptions options = new SiteOptions();

    @Option(
            names = "--model",
            paramLabel = "NAME",
            description = "Which of the served models, as /v1/models calls them. Default: the first.")
    @Nullable
    String model;

    @Option(
            names = "--temperature",
            paramLabel = "T",
            defaultValue = "0",
            description = "How freely answers are drawn, 0 (the most probable one) to 2. Default: ${DEFAULT-VALUE}.")
    double temperature;

    @Option(
            names = "--top-p",
            paramLabel = "P",
            defaultValue = "1",
            description = "Draw only among the most probable tokens that together have this probability, 0 to 1."
                    + " Default: ${DEFAULT-VALUE}.")
    double topP;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            description = "Most tokens of an answer. Default: alignstream.inference.default-max-tokens.")
    @Nullable
    Integer maxTokens;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "The same answer again wherever answers are drawn. Default: another one each time.")
    @Nullable
    Long seed;

    @Option(
            names = "--system",
            paramLabel = "TEXT",
            description = "What the model is told before the conversation. Default: nothing.")
    @Nullable
    String system;

    @Option(names = "--no-history", description = "Ask each question alone.")
    boolean alone;

    @Override
    public Integer call() throws IOException {
        ChatSettings settings = new ChatSettings(temperature, topP, maxTokens, seed, system, !alone);
        ChatClient client = new ChatClient(options.site().address(Stage.INFERENCE));
        String asked = model == null
                ? client.model()
                        .orElseThrow(() ->
                                new LaunchException("inference-service serves no model yet; see ./alignstream status."))
                : model;
        new ChatSession(client, asked, settings, Console.standard()).run();
        return 0;
    }
}
