package io.alignstream.inference;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;

/** A plain HTTP client of the service under test. */
final class ChatApi {

    private static final ObjectMapper JSON = new ObjectMapper();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI address;

    ChatApi(URI address) {
        this.address = address;
    }

    /** A request for the most probable answer; {@code more} are further JSON fields, each with a comma in front. */
    static String question(String text, String more) {
        return "{\"temperature\": 0, \"max_tokens\": 20, \"messages\": [{\"role\": \"user\", \"content\": \"" + text
                + "\"}]" + more + "}";
    }

    HttpResponse<String> post(String body) {
        return post("/v1/chat/completions", body);
    }

    HttpResponse<String> post(String path, String body) {
        return send(request(path, body), HttpResponse.BodyHandlers.ofString());
    }

    /** The answer as it arrives. */
    HttpResponse<InputStream> open(String body) {
        return send(request("/v1/chat/completions", body), HttpResponse.BodyHandlers.ofInputStream());
    }

    HttpResponse<String> get(String path) {
        return send(HttpRequest.newBuilder(address.resolve(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    /** Any call; an empty header is left out. */
    HttpResponse<String> send(String method, String path, Map<String, String> headers, String body) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(address.resolve(path)).method(method, HttpRequest.BodyPublishers.ofString(body));
        headers.forEach((name, value) -> {
            if (!value.isEmpty()) {
                request.header(name, value);
            }
        });
        return send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest request(String path, String body) {
        return HttpRequest.newBuilder(address.resolve(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler) {
        try {
            return http.send(request, handler);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(text, e);
        }
    }

    /** The data of each event of a stream. */
    static List<String> events(String stream) {
        return stream.lines()
                .filter(line -> !line.isEmpty())
                .map(line -> {
                    if (!line.startsWith("data: ")) {
                        throw new IllegalArgumentException("not an event: " + line);
                    }
                    return line.substring("data: ".length());
                })
                .toList();
    }
}
