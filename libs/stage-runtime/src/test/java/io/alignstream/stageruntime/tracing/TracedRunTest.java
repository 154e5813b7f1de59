package io.alignstream.stageruntime.tracing;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.tracing.Traceparent;
import io.alignstream.stageruntime.JobControl;
import io.alignstream.stageruntime.JobStatus;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.TopicProbe;
import io.alignstream.stageruntime.testing.TraceCollector;
import io.alignstream.stageruntime.testing.TraceCollector.ReceivedSpan;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a collector is told of a service's runs and requests. */
@QuarkusTest
@QuarkusTestResource(KafkaBroker.class)
@QuarkusTestResource(value = TracedRunTest.Collector.class, restrictToAnnotatedClass = true)
class TracedRunTest {

    private static final Path BOARD = Path.of("target", "tensorboard-" + UUID.randomUUID());

    /** A collector for the service, and a tracking server that is away. */
    public static final class Collector implements QuarkusTestResourceLifecycleManager {

        private @Nullable TraceCollector collector;

        @Override
        public Map<String, String> start() {
            try {
                collector = new TraceCollector();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return Map.of(
                    TracingConfig.ENDPOINT,
                    collector.endpoint(),
                    "quarkus.otel.bsp.schedule.delay",
                    "50MS",
                    "alignstream.tracking.tensorboard",
                    BOARD.toString(),
                    "alignstream.tracking.mlflow",
                    "http://127.0.0.1:1");
        }

        @Override
        public void inject(TestInjector injector) {
            injector.injectIntoFields(collector, field -> field.getType().equals(TraceCollector.class));
        }

        @Override
        public void stop() {
            if (collector != null) {
                collector.close();
            }
        }
    }

    @SuppressWarnings("NullAway.Init")
    TraceCollector collector;

    @ConfigProperty(name = "kafka.bootstrap.servers")
    String broker;

    @Inject
    JobControl control;

    private TopicProbe topics;

    @BeforeAll
    static void havePatience() {
        Awaitility.setDefaultTimeout(Duration.ofMinutes(1));
    }

    @BeforeEach
    void open() {
        topics = new TopicProbe(broker);
        settle();
    }

    @AfterEach
    void close() {
        topics.close();
    }

    private void settle() {
        await().until(() -> control.status().state() == JobStatus.State.WAITING
                && control.status().reason().code().equals("echo.learned"));
    }

    private static Traceparent trace() {
        String digits = UUID.randomUUID().toString().replace("-", "");
        return new Traceparent("00-" + digits + "-" + digits.substring(16) + "-01");
    }

    private void publishPrompt(Traceparent trace) {
        Prompt prompt = new Prompt(UUID.randomUUID().toString(), List.of(Message.user("hello")), Map.of());
        ProducerRecord<byte[], byte[]> record = Topic.PROMPTS.record(prompt, "test");
        trace.stamp(record.headers());
        topics.send(record);
    }

    private ReceivedSpan span(String name, String trace) {
        return await().until(
                        () -> collector.spans().stream()
                                .filter(span ->
                                        span.name().equals(name) && span.trace().equals(trace))
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    @Test
    void aRunGoesOnInTheTraceOfTheEventThatMadeItDueAndWhatItPublishesCarriesItOn() {
        // Given
        Traceparent cause = trace();

        // When
        publishPrompt(cause);
        ReceivedSpan run = span("sft run", cause.trace());
        settle();

        // Then
        ReceivedSpan due = span("sft due", cause.trace());
        assertThat(due.parent()).isEqualTo(cause.span());
        assertThat(due.attributes())
                .containsEntry("messaging.destination.name", "prompts")
                .containsKeys("messaging.kafka.offset", "messaging.destination.partition.id");
        assertThat(run.parent()).isEqualTo(due.span());
        assertThat(run.attributes()).containsEntry("alignstream.outcome", "finished");
        String id = run.attributes().get("alignstream.run");
        assertThat(topics.records(Topic.CHECKPOINTS.name()))
                .filteredOn(record -> key(record).equals("sft/" + id))
                .singleElement()
                .satisfies(record -> assertThat(Traceparent.of(record.headers()).orElseThrow())
                        .returns(cause.trace(), Traceparent::trace)
                        .returns(run.span(), Traceparent::span));
    }

    @Test
    void aRunIsToldToTensorBoardThoughMlflowIsAwayAndNothingWaitsForEither() {
        // Given
        Traceparent cause = trace();

        // When
        publishPrompt(cause);
        String run = span("sft run", cause.trace()).attributes().get("alignstream.run");

        // Then
        Path folder = BOARD.resolve("sft").resolve(run);
        await().untilAsserted(() -> assertThat(folder).isDirectoryContaining(file -> {
            try {
                return Files.readString(file, StandardCharsets.ISO_8859_1).contains("train/objective/kl");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }));
        settle();
    }

    private static String key(ConsumerRecord<byte[], byte[]> record) {
        return new String(record.key(), StandardCharsets.UTF_8);
    }

    @Test
    void anEventWithoutATraceBeginsOne() {
        // Given
        long before = roots();

        // When
        topics.publish(
                Topic.PROMPTS, new Prompt(UUID.randomUUID().toString(), List.of(Message.user("hello")), Map.of()));

        // Then
        await().until(() -> roots() == before + 1);
        settle();
    }

    private long roots() {
        return collector.spans().stream()
                .filter(span -> span.name().equals("sft due") && span.parent().isEmpty())
                .count();
    }

    @Test
    void whoeverTriggersARunFindsItInTheRequestsTrace() {
        // When
        Response response = given().post("/job/trigger");

        // Then
        String told = response.header("traceresponse");
        ReceivedSpan run = span("sft run", new Traceparent(told).trace());
        ReceivedSpan request = span("POST /job/trigger", run.trace());
        assertThat(new Traceparent(told).span()).isEqualTo(request.span());
        assertThat(request.parent()).isEmpty();
        assertThat(span("sft due", run.trace()).parent()).isEqualTo(request.span());
        settle();
    }

    @Test
    void whoOnlyLooksBeginsNoTrace() {
        // When
        Response looking = given().get("/job");
        Traceparent theirs = trace();
        Response traced = given().header("traceparent", theirs.text()).get("/job");

        // Then
        assertThat(looking.header("traceresponse")).isNull();
        assertThat(traced.header("traceresponse")).contains(theirs.trace());
        assertThat(span("GET /job", theirs.trace()).parent()).isEqualTo(theirs.span());
        assertThat(collector.spans())
                .noneMatch(
                        span -> span.name().equals("GET /job") && span.parent().isEmpty());
    }
}
