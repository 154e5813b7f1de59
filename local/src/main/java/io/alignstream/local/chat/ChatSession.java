package io.alignstream.local.chat;

import io.alignstream.contracts.Message;
import io.alignstream.local.service.ChatClient;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.LaunchException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A conversation with the served model at a console, with commands that begin with a slash; for one thread. */
public final class ChatSession {

    private static final String HELP =
            """
            /set NAME VALUE   temperature, top-p, max-tokens, seed or history (on, off); VALUE default takes it back
            /set              how answers are drawn now
            /system TEXT      what the model is told before the conversation; without TEXT nothing
            /model [NAME]     talk to another one of the served models; without NAME show them
            /reset            forget what was said; settings stay
            /help             this list
            /exit             leave, as an empty line or Ctrl-D does
            A line that begins with a blank is sent as it is, slash and all.""";

    private final ChatClient client;
    private final Console console;
    /** The conversation so far, user and assistant in turn; empty without history. */
    private final List<Message> said = new ArrayList<>();

    private String model;
    private final ChatSettings begun;
    private ChatSettings settings;

    /** A conversation with {@code model} that begins with {@code settings}. */
    public ChatSession(ChatClient client, String model, ChatSettings settings, Console console) {
        this.client = client;
        this.model = model;
        this.begun = settings;
        this.settings = settings;
        this.console = console;
    }

    /**
     * Takes lines from the console until one is empty or there are no more. What fails is said, and a person may go on; where
     * nobody sits at the input it ends the conversation.
     *
     * @throws LaunchException what failed, where nobody sits at the input
     */
    public void run() throws IOException {
        while (true) {
            String line = console.ask("you> ").orElse("");
            if (line.isBlank() || line.strip().equals("/exit")) {
                console.line("");
                return;
            }
            try {
                take(line);
            } catch (LaunchException e) {
                if (!console.isInteractive()) {
                    throw e;
                }
                console.line(String.valueOf(e.getMessage()));
            }
        }
    }

    private void take(String line) {
        if (!line.startsWith("/")) {
            answer(line.strip());
            return;
        }
        String[] words = line.strip().split("\\s+", 2);
        String rest = words.length == 1 ? "" : words[1];
        switch (words[0]) {
            case "/set" -> set(rest);
            case "/system" -> {
                settings = settings.withSystem(rest);
                console.line(rest.isEmpty() ? "no system prompt" : "system prompt: " + rest);
            }
            case "/model" -> model(rest);
            case "/reset" -> {
                said.clear();
                console.line("forgotten");
            }
            case "/help" -> console.line(HELP);
            default ->
                throw new LaunchException("There is no command " + words[0]
                        + "; /help lists them, and a line that begins with a blank is sent as it is.");
        }
    }

    private void set(String rest) {
        if (!rest.isEmpty()) {
            String[] words = rest.split("\\s+", 2);
            if (words.length == 1) {
                throw new LaunchException("/set " + words[0] + " needs a value, or default to take it back.");
            }
            settings = settings.with(words[0], words[1], begun);
            if (!settings.history()) {
                said.clear();
            }
        }
        console.line(settings.toString());
    }

    private void model(String name) {
        if (name.isEmpty()) {
            client.models()
                    .forEach(served -> console.line(served.id() + (served.id().equals(model) ? " (this one)" : "")));
        } else {
            model = name;
            console.line("talking to " + model);
        }
    }

    /** Asks with as much of the conversation as the model can take. */
    private void answer(String question) {
        console.text(model + "> ");
        ChatClient.Answer answer;
        try {
            answer = ask(question);
        } finally {
            console.line("");
        }
        switch (answer.end()) {
            case TOO_LONG -> throw new LaunchException(answer.text());
            case CUT_OFF -> console.line("(cut off; /set max-tokens N allows more, as far as the model can)");
            case COMPLETE -> {} // all is said
        }
        if (settings.history() && !answer.text().isBlank()) {
            said.add(Message.user(question));
            said.add(Message.assistant(answer.text()));
        }
    }

    private ChatClient.Answer ask(String question) {
        while (true) {
            List<Message> conversation = new ArrayList<>(said);
            conversation.add(Message.user(question));
            ChatClient.Answer answer = client.stream(settings.request(model, conversation), console::text);
            if (answer.end() != ChatClient.End.TOO_LONG || said.isEmpty()) {
                return answer;
            }
            said.subList(0, 2).clear(); // the oldest question with its answer
        }
    }
}
