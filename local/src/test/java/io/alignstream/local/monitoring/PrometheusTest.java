package io.alignstream.local.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpServer;
import io.alignstream.contracts.Stage;
import io.alignstream.local.TestSites;
import io.alignstream.local.process.ProcessGroup;
import io.alignstream.local.process.ProcessSpec;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real Prometheus, where there is one. */
class PrometheusTest {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    Path folder;

    @Test
    void asksTheServicesWithTheKeyAndKnowsTheAlerts() throws Exception {
        // Given: a service that is closed to whoever has no key
        Optional<Path> program = Prometheus.program(Objects.requireNonNullElse(System.getenv("PATH"), ""));
        assumeThat(program)
                .as("NOT CHECKED: Prometheus was not started, since it is not on the path (apt-get install prometheus)")
                .isPresent();
        Site site = TestSites.prepared(folder.resolve("site it's"), new String[0]);
        Path key = Files.writeString(folder.resolve("key"), "secret");
        HttpServer service = service(site.port(Stage.SFT));
        ProcessGroup processes = new ProcessGroup(
                site,
                new Console(
                        new PrintStream(System.out, true, StandardCharsets.UTF_8), new StringReader(""), false, true));
        ProcessSpec spec = Prometheus.at(site, TestSites.installation(), program.orElseThrow(), Optional.of(key));
        try {
            // When
            processes.start(spec);

            // Then
            processes.awaitReady("prometheus");
            await().atMost(Duration.ofSeconds(60)).until(() -> "1"
                    .equals(ask(site, "query?query=up%7Binstance%3D%22sft-service%22%7D")
                            .at("/data/result/0/value/1")
                            .asText()));
            List<String> alerts = ask(site, "rules").at("/data/groups").findValuesAsText("name").stream()
                    .filter(name -> !name.equals("alignstream"))
                    .toList();
            assertThat(alerts)
                    .contains("AlignstreamJobFailed", "AlignstreamDeadLetters")
                    .hasSizeGreaterThan(15);
        } finally {
            processes.stopStarted();
            service.stop(0);
        }
    }

    private static HttpServer service(int port) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.createContext("/q/metrics", exchange -> {
            boolean known = "Bearer secret".equals(exchange.getRequestHeaders().getFirst("Authorization"));
            byte[] body = "alignstream_job_wanted{stage=\"sft\"} 1\n".getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4");
            exchange.sendResponseHeaders(known ? 200 : 401, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        return server;
    }

    private static JsonNode ask(Site site, String question) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + Prometheus.port(site) + "/api/v1/" + question))
                .build();
        return JsonMapper.builder()
                .build()
                .readTree(
                        HTTP.send(request, HttpResponse.BodyHandlers.ofString()).body());
    }
}
