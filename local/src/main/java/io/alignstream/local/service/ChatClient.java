package io.alignstream.local.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.local.site.LaunchException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
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

    /** Id of the first model that is served, if there is one. */
    public Optional<String> model() {
        return models().stream().map(ServedModel::id).findFirst();
    }

    /** The models that are served, with the hash of their checkpoint's manifest. */
    public List<ServedModel> models() {
        JsonNode list = service.get("/v1/models").path("data");
        return list.valueStream()
                .map(model -> new ServedModel(
                        model.path("id").asText(), model.path("sha256").asText()))
                .toList();
    }

    /** The most probable answer to {@code question}, whole. */
    public String answer(String model, String question) {
        JsonNode answer = service.post("/v1/chat/completions", request(model, question, false), LIMIT);
        return answer.path("choices").path(0).path("message").path("content").asText();
    }

    /** Hands the answer to {@code question} on piece by piece as the model writes it. */
    public void stream(String model, String question, Consumer<String> pieces) {
        HttpRequest request = Credential.with(HttpRequest.newBuilder(address.resolve("/v1/chat/completions")))
                .timeout(LIMIT)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(request(model, question, true)))
                .build();
        try {
            HttpResponse<Stream<String>> response = http.send(request, HttpResponse.BodyHandlers.ofLines());
            try (Stream<String> lines = response.body()) {
                if (response.statusCode() != 200) {
                    throw new LaunchException("inference-service answered " + response.statusCode() + ": "
                            + String.join("\n", lines.toList()));
                }
                lines.filter(line -> line.startsWith(DATA))
                        .map(line -> line.substring(DATA.length()).strip())
                        .takeWhile(data -> !data.equals("[DONE]"))
                        .map(ChatClient::piece)
                        .forEach(pieces);
            }
        } catch (IOException e) {
            throw new LaunchException("inference-service at " + address + " does not answer: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LaunchException("Interrupted while waiting for an answer.", e);
        }
    }

    private static String request(String model, String question, boolean stream) {
        ObjectNode request = JSON.createObjectNode();
        request.put("model", model);
        request.putArray("messages").addObject().put("role", "user").put("content", question);
        request.put("temperature", 0);
        request.put("stream", stream);
        return request.toString();
    }

    private static String piece(String data) {
        try {
            return JSON.readTree(data)
                    .path("choices")
                    .path(0)
                    .path("delta")
                    .path("content")
                    .asText("");
        } catch (IOException e) {
            throw new LaunchException("inference-service sent what is not JSON: " + data, e);
        }
    }
}
