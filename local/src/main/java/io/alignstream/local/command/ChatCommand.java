package io.alignstream.local.command;

import io.alignstream.contracts.Stage;
import io.alignstream.local.service.ChatClient;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.LaunchException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code ./alignstream chat}. */
@Command(
        name = "chat",
        mixinStandardHelpOptions = true,
        description = {
            "Talk to the served model; needs ./alignstream up.",
            "",
            "Every line is a question of its own. Leave with an empty line, Ctrl-D or Ctrl-C."
        })
public final class ChatCommand implements Callable<Integer> {

    @Mixin
    SiteOptions options = new SiteOptions();

    @Override
    public Integer call() throws IOException {
        Console console = Console.standard();
        ChatClient client = new ChatClient(options.site().address(Stage.INFERENCE));
        String model = client.model()
                .orElseThrow(
                        () -> new LaunchException("inference-service serves no model yet; see ./alignstream status."));
        converse(client, model, console);
        return 0;
    }

    /** Reads questions from standard input and prints the answers as they come, until the input ends. */
    static void converse(ChatClient client, String model, Console console) throws IOException {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        while (true) {
            console.text("you> ");
            String question = input.readLine();
            if (question == null || question.isBlank()) {
                console.line("");
                return;
            }
            console.text(model + "> ");
            client.stream(model, question, console::text);
            console.line("");
        }
    }
}
