package io.alignstream.local;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.local.process.Ports;
import io.alignstream.stageruntime.testing.TraceCollector;
import io.alignstream.stageruntime.testing.TraceCollector.ReceivedSpan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Takes the traces of a test: the process of an OpenTelemetry collector, whose program the system property {@code collector}
 * names, or one inside of the test.
 */
record TraceReceiver(String endpoint, Supplier<List<ReceivedSpan>> received, Runnable end) implements AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    static TraceReceiver start() {
        String program = System.getProperty("collector", "");
        try {
            return program.isEmpty() ? inside() : process(Path.of(program));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static TraceReceiver inside() throws IOException {
        TraceCollector collector = new TraceCollector();
        return new TraceReceiver(collector.endpoint(), collector::spans, collector::close);
    }

    private static TraceReceiver process(Path program) throws IOException {
        Path folder = Files.createTempDirectory("collector");
        Path file = folder.resolve("traces.json");
        int port = TestSites.freePort();
        Path settings = folder.resolve("collector.yaml");
        Files.writeString(
                settings,
                """
                receivers:
                  otlp:
                    protocols:
                      http:
                        endpoint: 127.0.0.1:%d
                exporters:
                  file:
                    path: %s
                service:
                  pipelines:
                    traces:
                      receivers: [otlp]
                      exporters: [file]
                """
                        .formatted(port, file));
        Process collector = new ProcessBuilder(program.toString(), "--config", "file:" + settings)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("collector.log").toFile())
                .start();
        await().atMost(Duration.ofSeconds(30)).until(() -> !Ports.isFree(port));
        return new TraceReceiver("http://127.0.0.1:" + port, () -> read(file), collector::destroy);
    }

    List<ReceivedSpan> spans() {
        return received.get();
    }

    @Override
    public void close() {
        end.run();
    }

    /** Each line is a request as OTLP writes it in JSON; the last one may be half. */
    private static List<ReceivedSpan> read(Path file) {
        List<ReceivedSpan> spans = new ArrayList<>();
        try (Stream<String> lines = Files.lines(file)) {
            lines.filter(line -> line.endsWith("}")).forEach(line -> spans.addAll(spans(line)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return spans;
    }

    private static List<ReceivedSpan> spans(String line) {
        try {
            return stream(JSON.readTree(line).at("/resourceSpans"))
                    .flatMap(ofService -> {
                        String service = attributes(ofService.at("/resource")).getOrDefault("service.name", "");
                        return stream(ofService.at("/scopeSpans"))
                                .flatMap(scope -> stream(scope.at("/spans")))
                                .map(span -> span(service, span));
                    })
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ReceivedSpan span(String service, JsonNode span) {
        return new ReceivedSpan(
                service,
                span.path("name").asText(),
                span.path("traceId").asText(),
                span.path("spanId").asText(),
                span.path("parentSpanId").asText(),
                stream(span.path("links"))
                        .map(link -> link.path("traceId").asText())
                        .toList(),
                attributes(span),
                span.at("/status/code").asInt() == 2);
    }

    private static Map<String, String> attributes(JsonNode of) {
        return stream(of.path("attributes"))
                .collect(Collectors.toMap(
                        attribute -> attribute.path("key").asText(),
                        attribute -> attribute.at("/value").elements().hasNext()
                                ? attribute.at("/value").elements().next().asText()
                                : ""));
    }

    private static Stream<JsonNode> stream(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false);
    }
}
