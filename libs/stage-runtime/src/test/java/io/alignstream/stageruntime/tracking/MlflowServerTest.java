package io.alignstream.stageruntime.tracking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a server's answers are understood, and that credentials stay where they belong; MLflow's own is asked in RealTrackersIT. */
class MlflowServerTest {

    private static final Map<String, String> TOKEN = Map.of("MLFLOW_TRACKING_TOKEN", "s3cret");

    private final List<String> credentials = new CopyOnWriteArrayList<>();
    private volatile int status = 200;
    private volatile String body = "{}";
    private HttpServer http;

    @BeforeEach
    void start() throws IOException {
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.createContext("/", call -> {
            credentials.add(String.valueOf(call.getRequestHeaders().getFirst("Authorization")));
            byte[] answer = body.getBytes(StandardCharsets.UTF_8);
            if (status == 302) {
                call.getResponseHeaders().set("Location", "/elsewhere");
            }
            call.sendResponseHeaders(status, answer.length);
            call.getResponseBody().write(answer);
            call.close();
        });
        http.start();
    }

    @AfterEach
    void stop() {
        http.stop(0);
    }

    private Throwable refusal(Map<String, String> environment) {
        return catchThrowable(() -> {
            try (MlflowServer server = server(environment)) {
                server.post("runs/create", Map.of());
            }
        });
    }

    private MlflowServer server(Map<String, String> environment) {
        return new MlflowServer(
                URI.create("http://127.0.0.1:" + http.getAddress().getPort() + "/"), environment);
    }

    @Test
    void showsTheCredentialThatMlflowsOwnClientsWouldShow() {
        // When
        assertThat(refusal(Map.of())).isNull();
        assertThat(refusal(TOKEN)).isNull();
        assertThat(refusal(Map.of("MLFLOW_TRACKING_USERNAME", "ann", "MLFLOW_TRACKING_PASSWORD", "pw")))
                .isNull();

        // Then
        assertThat(credentials).containsExactly("null", "Bearer s3cret", "Basic YW5uOnB3");
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403, 408, 429, 500, 503})
    void whatMayPassIsTriedAgain(int answered) {
        // Given
        status = answered;

        // When
        Throwable refusal = refusal(TOKEN);

        // Then
        assertThat(refusal)
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(MlflowServer.Fault.class)
                .hasMessageContaining("answered " + answered)
                .hasMessageNotContaining("s3cret");
    }

    @Test
    void whatIsWrongWithACallIsWrongEachTime() {
        // Given
        status = 400;
        body = "{\"error_code\": \"INVALID_PARAMETER_VALUE\", \"message\": \"no\"}";

        // When
        Throwable refusal = refusal(TOKEN);

        // Then
        assertThat(refusal).isInstanceOfSatisfying(MlflowServer.Fault.class, fault -> assertThat(fault.code())
                .isEqualTo("INVALID_PARAMETER_VALUE"));
    }

    @Test
    void aCredentialIsShownToTheServerAlone() {
        // Given
        status = 302;

        // When
        Throwable refusal = refusal(TOKEN);

        // Then: whoever sends callers elsewhere is not followed
        assertThat(refusal).hasMessageContaining("answered 302");
        assertThat(credentials).hasSize(1);
    }

    @Test
    void whatIsNotThereIsNothing() throws Exception {
        // Given
        status = 404;
        body = "{\"error_code\": \"RESOURCE_DOES_NOT_EXIST\", \"message\": \"no\"}";

        // When / Then
        try (MlflowServer server = server(TOKEN)) {
            assertThat(server.find("experiments/get-by-name", "experiment_name", "none"))
                    .isEmpty();
        }
    }
}
