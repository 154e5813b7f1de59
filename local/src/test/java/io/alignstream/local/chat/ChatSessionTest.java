package io.alignstream.local.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.alignstream.local.service.ChatClient;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.LaunchException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is sent for what is typed, and what is said for what comes: over HTTP, with answers as inference-service writes them. */
class ChatSessionTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TOO_LONG =
            "{\"error\": {\"message\": \"8 tokens fit.\", \"code\": \"context_length_exceeded\"}}";

    private final List<JsonNode> asked = new ArrayList<>();
    private final Deque<String> answers = new ArrayDeque<>();
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private HttpServer server;

    @BeforeEach
    void listen() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/chat/completions", this::answer);
        server.start();
    }

    @AfterEach
    void close() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            asked.add(JSON.readTree(exchange.getRequestBody()));
            String answer = answers.remove();
            byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.startsWith("{") ? 400 : 200, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    @Test
    void whatWasSaidBeforeIsAskedAlong() throws IOException {
        // Given
        answers.addAll(List.of(stream("One.", "stop"), stream("Two.", "stop")));

        // When
        chat(true, "first", "second");

        // Then
        assertThat(contents(0)).containsExactly("first");
        assertThat(contents(1)).containsExactly("first", "One.", "second");
        assertThat(asked.getFirst().path("model").asText()).isEqualTo("m");
        assertThat(text()).contains("m> One.", "m> Two.");
    }

    @Test
    void withoutHistoryOrAfterAResetAQuestionIsAskedAlone() throws IOException {
        // Given
        answers.addAll(List.of(stream("One.", "stop"), stream("Two.", "stop"), stream("Three.", "stop")));

        // When
        chat(true, "first", "/reset", "second", "/set history off", "third");

        // Then
        assertThat(contents(1)).containsExactly("second");
        assertThat(contents(2)).containsExactly("third");
    }

    @Test
    void settingsOfTheChatAreSent() throws IOException {
        // Given
        answers.addAll(List.of(stream("One.", "stop"), stream("Two.", "stop")));

        // When
        chat(
                true,
                "/set temperature 0.7",
                "/set top-p 0.9",
                "/set max-tokens 5",
                "/set seed 3",
                "/system Be brief.",
                "/model other",
                "first",
                "/set seed default",
                "/set max-tokens default",
                "/system",
                "second");

        // Then
        assertThat(asked.getFirst().path("temperature").asDouble()).isEqualTo(0.7);
        assertThat(asked.getFirst().path("top_p").asDouble()).isEqualTo(0.9);
        assertThat(asked.getFirst().path("max_tokens").asInt()).isEqualTo(5);
        assertThat(asked.getFirst().path("seed").asInt()).isEqualTo(3);
        assertThat(asked.getFirst().path("model").asText()).isEqualTo("other");
        assertThat(asked.getFirst().path("messages").path(0).toString())
                .isEqualTo("{\"role\":\"system\",\"content\":\"Be brief.\"}");
        assertThat(asked.getLast().has("seed")).isFalse();
        assertThat(asked.getLast().has("max_tokens")).isFalse();
        assertThat(contents(1)).containsExactly("first", "One.", "second");
    }

    @Test
    void theOldestTurnsGoWhereNotAllFit() throws IOException {
        // Given
        answers.addAll(List.of(stream("One.", "stop"), stream("Two.", "stop"), TOO_LONG, stream("Three.", "stop")));

        // When
        chat(true, "first", "second", "third");

        // Then
        assertThat(contents(2)).containsExactly("first", "One.", "second", "Two.", "third");
        assertThat(contents(3)).containsExactly("second", "Two.", "third");
    }

    @Test
    void whatIsCutOffIsSaid() throws IOException {
        // Given
        answers.add(stream("One", "length"));

        // When
        chat(true, "first");

        // Then
        assertThat(text()).contains("m> One\n(cut off; /set max-tokens");
    }

    @Test
    void aPersonGoesOnAfterWhatFails() throws IOException {
        // Given
        answers.addAll(List.of(
                TOO_LONG, "data: {\"error\": {\"message\": \"It failed.\"}}\n\n", "data: \n", stream("End.", "stop")));

        // When
        chat(true, "/fly", "/set fly 1", "/set temperature hot", "/set temperature 3", "a", "b", "c", " /d");

        // Then
        assertThat(text())
                .contains(
                        "no command /fly; /help lists them",
                        "no setting fly; there are history, max-tokens",
                        "temperature is hot but must be a number",
                        "temperature is 3.0 but must be a number from 0 to 2",
                        "8 tokens fit.",
                        "broke off: It failed.",
                        "m> End.");
        assertThat(contents(3)).containsExactly("/d");
    }

    @Test
    void withoutAPersonTheFirstFailureEndsIt() {
        // Given
        answers.add("data: {\"choices\": [{\"delta\": {\"content\": \"On\"}}]}\n\n");

        // When, then
        assertThatThrownBy(() -> chat(false, "first", "second"))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("broke off");
        assertThat(asked).hasSize(1);
    }

    @Test
    void helpNamesEveryCommand() throws IOException {
        // When
        chat(true, "/help", "/set", "/exit", "never asked");

        // Then
        assertThat(text())
                .contains("/set NAME VALUE", "/system TEXT", "/model", "/reset", "/exit")
                .contains("history on, max-tokens default, seed default, temperature 0.0, top-p 1.0");
        assertThat(asked).isEmpty();
    }

    private void chat(boolean interactive, String... lines) throws IOException {
        Console console = new Console(
                new PrintStream(said, true, StandardCharsets.UTF_8),
                new StringReader(String.join("\n", lines)),
                false,
                interactive);
        URI address = URI.create("http://localhost:" + server.getAddress().getPort());
        new ChatSession(new ChatClient(address), "m", ChatSettings.DEFAULT.withHistory(true), console).run();
    }

    private List<String> contents(int request) {
        return asked.get(request)
                .path("messages")
                .valueStream()
                .filter(message -> !message.path("role").asText().equals("system"))
                .map(message -> message.path("content").asText())
                .toList();
    }

    private String text() {
        return said.toString(StandardCharsets.UTF_8);
    }

    private static String stream(String text, String finish) {
        return """
            data: {"choices": [{"delta": {"content": "%s"}}]}

            data: {"choices": [{"delta": {}, "finish_reason": "%s"}]}

            data: [DONE]

            """
                .formatted(text, finish);
    }
}
