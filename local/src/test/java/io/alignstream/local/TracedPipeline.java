package io.alignstream.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.tracing.Traceparent;
import io.alignstream.stageruntime.testing.TraceCollector.ReceivedSpan;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a collector and the logs know of a pipeline that a world has been through. */
final class TracedPipeline {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** What the tests publish in, of which {@code local/pom.xml} tells the launcher. */
    private static final Traceparent PUBLISHED = new Traceparent(System.getenv("TRACEPARENT"));

    /** What the launcher of Java says of the variable that the tests give it, before anything can be logged. */
    private static final String OF_JAVA_ITSELF = "NOTE: Picked up JDK_JAVA_OPTIONS";

    private TracedPipeline() {}

    /** Asks the served model; what stands in the answer's headers. */
    static HttpHeaders ask(URI inference) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(inference.resolve("/v1/chat/completions"))
                .header("Content-Type", "application/json")
                .POST(
                        HttpRequest.BodyPublishers.ofString(
                                """
                        {"messages": [{"role": "user", "content": "成都必去景点"}], "max_tokens": 4}
                        """))
                .build();
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            return answer.headers();
        }
    }

    private static Traceparent header(HttpHeaders answer, String name) {
        return answer.firstValue(name).map(Traceparent::new).orElseThrow();
    }

    private static Optional<ReceivedSpan> span(TraceReceiver traces, Traceparent place) {
        return traces.spans().stream()
                .filter(span ->
                        span.trace().equals(place.trace()) && span.span().equals(place.span()))
                .findFirst();
    }

    /**
     * The release is in the trace of the last ranking, which made its reward model due, and that model's run is linked to the
     * trace in which everything else was published and asked for. A run of which the process was killed is known by its later
     * attempts, which go on where it says itself that it is due.
     */
    static void ledFromEventsToTheRelease(TraceReceiver traces, HttpHeaders answer) {
        Traceparent release = header(answer, "X-Release-Traceparent");
        await().atMost(PATIENCE).until(() -> span(traces, release).isPresent());
        List<String> way = new ArrayList<>();
        Optional<ReceivedSpan> at = span(traces, release);
        while (at.isPresent()) {
            ReceivedSpan span = at.get();
            way.add(span.name());
            at = traces.spans().stream()
                    .filter(other -> other.trace().equals(span.trace()))
                    .filter(other -> other.span().equals(span.parent()))
                    .findFirst();
        }
        assertThat(way).startsWith("rlhf run", "rlhf due");
        List<ReceivedSpan> ofRelease = of(traces, release.trace());
        assertThat(ofRelease).extracting(ReceivedSpan::name).contains("rlhf run", "inference run");
        List<ReceivedSpan> published = of(traces, PUBLISHED.trace());
        assertThat(published).extracting(ReceivedSpan::name).contains("tokenizer run", "pretrain run", "sft run");
        assertThat(published).extracting(ReceivedSpan::service).contains("tokenizer-service", "sft-service");
        Set<String> reached = reached(traces, release.trace());
        assertThat(reached).contains(PUBLISHED.trace());
        assertThat(traces.spans())
                .filteredOn(span -> reached.contains(span.trace()))
                .extracting(ReceivedSpan::name)
                .contains("reward run");
        // Whoever was killed goes on with the run's place in the trace, and begins no second one.
        List<ReceivedSpan> all =
                Stream.concat(published.stream(), ofRelease.stream()).distinct().toList();
        Set<String> due = all.stream()
                .filter(span -> span.name().endsWith(" due"))
                .map(ReceivedSpan::span)
                .collect(Collectors.toSet());
        assertThat(all)
                .filteredOn(span -> span.name().endsWith(" run"))
                .allSatisfy(run -> assertThat(due).as(run.toString()).contains(run.parent()));
        assertThat(all)
                .filteredOn(span -> Set.of("tokenizer due", "pretrain due", "sft due", "rlhf due")
                        .contains(span.name()))
                .extracting(span -> span.name() + " " + span.attributes().get("alignstream.run"))
                .isNotEmpty()
                .doesNotHaveDuplicates();
    }

    private static List<ReceivedSpan> of(TraceReceiver traces, String trace) {
        return traces.spans().stream()
                .filter(span -> span.trace().equals(trace))
                .toList();
    }

    /** {@code trace}, and those that one comes to by links. */
    private static Set<String> reached(TraceReceiver traces, String trace) {
        Set<String> reached = new LinkedHashSet<>(Set.of(trace));
        Set<String> found = reached;
        while (!found.isEmpty()) {
            Set<String> from = found;
            found = traces.spans().stream()
                    .filter(span -> from.contains(span.trace()))
                    .flatMap(span -> span.links().stream())
                    .filter(link -> !reached.contains(link))
                    .collect(Collectors.toSet());
            reached.addAll(found);
        }
        return reached;
    }

    static void linkedTheRequestToTheRelease(TraceReceiver traces, HttpHeaders answer) {
        Traceparent request = header(answer, "traceresponse");
        String release = header(answer, "X-Release-Traceparent").trace();
        assertThat(request.trace()).isNotEqualTo(release);
        await().atMost(PATIENCE).until(() -> span(traces, request).isPresent());
        assertThat(span(traces, request)).hasValueSatisfying(span -> {
            assertThat(span.name()).isEqualTo("POST /v1/chat/completions");
            assertThat(span.links()).containsExactly(release);
        });
    }

    /** Each line of {@code log} is an object, and those of runs say which run and which trace they belong to. */
    static void loggedObjects(Path log, Stage stage) throws IOException {
        List<String> lines = Files.readAllLines(log).stream()
                .filter(line -> !line.startsWith(OF_JAVA_ITSELF))
                .toList();
        assertThat(lines).isNotEmpty();
        int ofRuns = 0;
        for (String line : lines) {
            assertThat(line).doesNotContain("that-no-log-holds");
            JsonNode entry = JSON.readTree(line);
            assertThat(entry.path("service").asText()).as(line).isEqualTo(stage.service());
            assertThat(entry.path("message").isTextual()).as(line).isTrue();
            assertThat(entry.path("level").asText()).as(line).isNotBlank();
            JsonNode mdc = entry.path("mdc");
            if (mdc.has("runId")) {
                ofRuns++;
                assertThat(mdc.path("stage").asText()).as(line).isEqualTo(stage.id());
            }
            if (entry.path("message").asText().startsWith("Job done")) {
                assertThat(mdc.path("traceId").asText()).as(line).matches("[0-9a-f]{32}");
                assertThat(mdc.path("spanId").asText()).as(line).matches("[0-9a-f]{16}");
            }
        }
        assertThat(ofRuns).as(stage + " logs its runs").isPositive();
    }
}
