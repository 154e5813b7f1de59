package io.alignstream.local.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.local.site.LaunchException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** A client of inference-service's OpenAI API; thread-safe. */
public final class ChatClient {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String DATA = "data:";

    private final URI address;
    private final ServiceClient service;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    public ChatClient(URI address) {
        this.address = address;
        this.service = new ServiceClient(address);
    }

    /** A model that is served. */
    public record ServedModel(String id, String sha256) {}

    /** Id of the model that is served, if there is one. */
    public Optional<String> model() {
        return served().map(ServedModel::id);
    }

    /** The model that is served to who names no version of it, with the hash of its checkpoint's manifest. */
    public Optional<ServedModel> served() {
        return models().stream().findFirst();
    }

    /** All names that are served, the plain one first, and what each stands for. */
    public List<ServedModel> models() {
        return service.get("/v1/models")
                .path("data")
                .valueStream()
                .map(model -> new ServedModel(
                        model.path("id").asText(), model.path("sha256").asText()))
                .toList();
    }

    /** The most probable answer to {@code question}, whole. */
    public String answer(String model, String question) {
        JsonNode answer = service.post("/v1/chat/completions", request(model, question), LIMIT);
        return answer.path("choices").path(0).path("message").path("content").asText();
    }

    /**
     * Hands an answer on piece by piece as the model writes it.
     *
     * @param request the body of the API's request, with {@code "stream": true}
     * @throws LaunchException if there is no answer, or it breaks off
     */
    public Answer stream(ObjectNode request, Consumer<String> pieces) {
        HttpRequest call = Credential.with(HttpRequest.newBuilder(address.resolve("/v1/chat/completions")))
                .timeout(LIMIT)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(request.toString()))
                .build();
        try {
            HttpResponse<Stream<String>> response = http.send(call, HttpResponse.BodyHandlers.ofLines());
            try (Stream<String> lines = response.body()) {
                return response.statusCode() == 200
                        ? received(lines, pieces)
                        : refused(response.statusCode(), String.join("\n", lines.toList()));
            }
        } catch (ConnectException e) {
            throw new LaunchException(
                    "nothing listens at " + address + "; start inference-service with ./alignstream up", e);
        } catch (IOException | UncheckedIOException e) {
            throw new LaunchException("inference-service at " + address + " does not answer: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LaunchException("Interrupted while waiting for an answer.", e);
        }
    }

    /** Why an answer ended; {@code TOO_LONG}: there is none, the conversation does not fit the model. */
    public enum End {
        COMPLETE,
        CUT_OFF,
        TOO_LONG
    }

    /**
     * A complete answer.
     *
     * @param text all of it; where there is none, the service's sentence about that
     */
    public record Answer(End end, String text) {}

    private static Answer received(Stream<String> lines, Consumer<String> pieces) {
        StringBuilder text = new StringBuilder();
        String finish = "";
        Iterator<String> events = lines.filter(line -> line.startsWith(DATA))
                .map(line -> line.substring(DATA.length()).strip())
                .takeWhile(data -> !data.equals("[DONE]"))
                .iterator();
        while (events.hasNext()) {
            JsonNode event = json(events.next());
            if (event.has("error")) {
                throw new LaunchException("The answer broke off: " + sentence(event));
            }
            JsonNode choice = event.path("choices").path(0);
            String piece = choice.path("delta").path("content").asText("");
            text.append(piece);
            pieces.accept(piece);
            finish = choice.path("finish_reason").asText(finish);
        }
        if (finish.isEmpty()) {
            throw new LaunchException("The answer broke off: inference-service ended the stream before the answer.");
        }
        return new Answer(finish.equals("length") ? End.CUT_OFF : End.COMPLETE, text.toString());
    }

    private static Answer refused(int status, String body) {
        JsonNode refusal = json(body);
        if (refusal.path("error").path("code").asText().equals("context_length_exceeded")) {
            return new Answer(End.TOO_LONG, sentence(refusal));
        }
        String why = "inference-service answered " + status + ": " + sentence(refusal);
        throw new LaunchException(ServiceClient.CLOSED.contains(status) ? why + "; " + Credential.HINT + "." : why);
    }

    /** What the API or the service says is wrong. */
    private static String sentence(JsonNode body) {
        JsonNode error = body.path("error");
        return error.path("message").asText(error.path("text").asText(body.toString()));
    }

    private static String request(String model, String question) {
        ObjectNode request = JSON.createObjectNode();
        request.put("model", model);
        request.putArray("messages").addObject().put("role", "user").put("content", question);
        request.put("temperature", 0);
        return request.toString();
    }

    private static JsonNode json(String data) {
        try {
            return JSON.readTree(data);
        } catch (IOException e) {
            throw new LaunchException("inference-service sent what is not JSON: " + data, e);
        }
    }
}
