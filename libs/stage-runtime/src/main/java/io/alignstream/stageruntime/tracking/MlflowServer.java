package io.alignstream.stageruntime.tracking;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Calls of an <a href="https://mlflow.org/docs/latest/api_reference/rest-api.html">MLflow tracking server</a>'s REST interface;
 * thread-safe. What is shown of a caller stands in the environment and in no log.
 */
final class MlflowServer implements AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final String API = "/api/2.0/mlflow/";
    /** Refusals that another time, or another credential, may end. */
    private static final Set<Integer> PASSING = Set.of(401, 403, 408, 425, 429);

    private static final int MOST_OF_MESSAGE = 300;

    private final String address;
    private final @Nullable String authorization;
    private final HttpClient http = HttpClient.newBuilder()
            .connectTimeout(PATIENCE)
            .followRedirects(HttpClient.Redirect.NEVER) // a credential is for this address
            .build();

    /** The server at {@code address}, with the credential that MLflow's own clients take from {@code environment}. */
    MlflowServer(URI address, Map<String, String> environment) {
        this.address = address.toString().replaceAll("/+$", "");
        this.authorization = authorization(environment);
    }

    private static @Nullable String authorization(Map<String, String> environment) {
        String token = environment.getOrDefault("MLFLOW_TRACKING_TOKEN", "");
        String user = environment.getOrDefault("MLFLOW_TRACKING_USERNAME", "");
        if (!token.isEmpty()) {
            return "Bearer " + token;
        }
        String password = environment.getOrDefault("MLFLOW_TRACKING_PASSWORD", "");
        return user.isEmpty()
                ? null
                : "Basic "
                        + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    /**
     * An error of the server's own.
     *
     * @param code such as {@code RESOURCE_DOES_NOT_EXIST}
     */
    static final class Fault extends IOException {

        private static final long serialVersionUID = 1L;

        private final String code;

        Fault(String code, String message) {
            super(message);
            this.code = code;
        }

        String code() {
            return code;
        }
    }

    JsonNode post(String call, Object body) throws IOException, InterruptedException {
        return send("POST", call, JSON.writeValueAsBytes(body));
    }

    JsonNode patch(String call, Object body) throws IOException, InterruptedException {
        return send("PATCH", call, JSON.writeValueAsBytes(body));
    }

    /** What {@code call} answers for the one parameter; empty if there is no such thing. */
    Optional<JsonNode> find(String call, String parameter, String value) throws IOException, InterruptedException {
        String query = parameter + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
        try {
            return Optional.of(send("GET", call + "?" + query, new byte[0]));
        } catch (Fault e) {
            if (e.code().equals("RESOURCE_DOES_NOT_EXIST")) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private JsonNode send(String method, String call, byte[] body) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address + API + call))
                .timeout(PATIENCE)
                .header("Content-Type", "application/json")
                .method(
                        method,
                        body.length == 0
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofByteArray(body));
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        int status = answer.statusCode();
        if (status == 200) {
            return JSON.readTree(answer.body());
        }
        String said = answer.body().length() > MOST_OF_MESSAGE
                ? answer.body().substring(0, MOST_OF_MESSAGE) + "…"
                : answer.body();
        String message = address + " answered " + status + " to " + call.replaceAll("\\?.*", "") + ": " + said;
        if (status >= 300 && status < 500 && !PASSING.contains(status)) {
            throw new Fault(code(answer.body()), message);
        }
        throw new IOException(message);
    }

    private static String code(String body) {
        try {
            return JSON.readTree(body).path("error_code").asText();
        } catch (IOException e) {
            return ""; // no answer of MLflow's
        }
    }

    @Override
    public void close() {
        http.close();
    }
}
