package io.alignstream.local.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.local.site.LaunchException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** Asks one service over HTTP; thread-safe. */
public final class ServiceClient {

    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration LIMIT = Duration.ofSeconds(10);
    /** Nobody is known who calls, or may not do that. */
    static final Set<Integer> CLOSED = Set.of(401, 403);

    private final URI address;

    public ServiceClient(URI address) {
        this.address = address;
    }

    public URI address() {
        return address;
    }

    /** Whether the service says that it can serve; inference-service can with a model, which takes a whole pipeline. */
    public boolean isReady() {
        return isUp("ready");
    }

    /** Whether the service has started and says that it needs no new start. */
    public boolean isRunning() {
        return isUp("started") && isUp("live");
    }

    private boolean isUp(String check) {
        try {
            return send(request("/q/health/" + check)
                                    .GET()
                                    .timeout(Duration.ofSeconds(2))
                                    .build())
                            .statusCode()
                    == 200;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * The current job; empty if the service does not answer just now.
     *
     * @throws LaunchException if it does not let the launcher in, which waiting does not change
     */
    public Optional<JobStatus> job() {
        try {
            HttpResponse<String> response = send(request("/job").GET().build());
            if (CLOSED.contains(response.statusCode())) {
                throw refused(response, "/job");
            }
            return response.statusCode() == 200
                    ? Optional.of(JSON.readValue(response.body(), JobStatus.class))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Asks for a run now, whatever the thresholds. */
    public void trigger() {
        post("/job/trigger", "", LIMIT);
    }

    /** The JSON answer to a GET; fails if there is none. */
    public JsonNode get(String path) {
        try {
            return json(send(request(path).GET().build()), path);
        } catch (IOException e) {
            throw unreachable(path, e);
        }
    }

    /** The JSON answer to a POST of a JSON body; fails if there is none. */
    public JsonNode post(String path, String body, Duration limit) {
        try {
            return json(
                    send(CallersTrace.with(request(path))
                            .timeout(limit)
                            .header("Content-Type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString(body))
                            .build()),
                    path);
        } catch (IOException e) {
            throw unreachable(path, e);
        }
    }

    private JsonNode json(HttpResponse<String> response, String path) throws IOException {
        if (response.statusCode() / 100 != 2) {
            throw refused(response, path);
        }
        return JSON.readTree(response.body());
    }

    private LaunchException refused(HttpResponse<String> response, String path) {
        String why = address + path + " answered " + response.statusCode() + ": " + refusal(response.body());
        return new LaunchException(CLOSED.contains(response.statusCode()) ? why + "; " + Credential.HINT + "." : why);
    }

    /** The sentence in the body of a refused call, or the body if there is none. */
    private static String refusal(String body) {
        try {
            return JSON.readTree(body).path("error").path("text").asText(body);
        } catch (IOException e) {
            return body;
        }
    }

    private LaunchException unreachable(String path, IOException e) {
        boolean nobody = e instanceof ConnectException || e instanceof HttpConnectTimeoutException;
        String why = nobody ? "nothing takes calls there; start it with ./alignstream up" : e.toString();
        return new LaunchException(address + path + " does not answer: " + why, e);
    }

    private HttpRequest.Builder request(String path) {
        return Credential.with(HttpRequest.newBuilder(address.resolve(path)).timeout(LIMIT));
    }

    private static HttpResponse<String> send(HttpRequest request) throws IOException {
        try {
            return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
