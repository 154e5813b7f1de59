package io.alignstream.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.ModelWeights;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.local.command.LocalCluster;
import io.alignstream.local.pipeline.Publisher;
import io.alignstream.local.process.ProcessSpec;
import io.alignstream.local.service.ServiceProcesses;
import io.alignstream.local.site.Site;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An instance of inference-service that is asked to end (SIGTERM) while it answers. */
class DrainIT {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final int POSITIONS = 16_384;
    private static final int TOKENS = 12_000;

    @TempDir
    Path folder;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private URI address;

    @Test
    void it_is_unready_at_once_then_takes_no_more_and_ends_what_it_has_begun() throws Exception {
        // Given
        Site site = TestSites.prepared(folder, "-Dquarkus.shutdown.delay=1s", "-Dquarkus.shutdown.timeout=120s");
        address = site.address(Stage.INFERENCE);
        try (LocalCluster broker =
                LocalCluster.startBroker(site, TestSites.installation(), new RecordingConsole().console())) {
            release(site);
            Process service = start(new ServiceProcesses(site, TestSites.installation()).of(Stage.INFERENCE));
            try (BufferedReader stream = stream()) {
                String first = stream.readLine();

                // When
                service.destroy();

                // Then
                await().atMost(PATIENCE).until(() -> status("q/health/ready") == 503);
                await().atMost(PATIENCE).untilAsserted(() -> {
                    HttpResponse<String> refused = ask(5);
                    assertThat(refused.statusCode()).isEqualTo(503);
                    assertThat(refused.body()).contains("shutting_down");
                    assertThat(refused.headers().firstValue("Retry-After")).isPresent();
                });
                List<String> rest =
                        stream.lines().filter(line -> !line.isEmpty()).toList();
                assertThat(first).startsWith("data: ");
                assertThat(rest).hasSizeGreaterThan(TOKENS / 2).last().isEqualTo("data: [DONE]");
                assertThat(rest.get(rest.size() - 2)).contains("\"finish_reason\":\"length\"");
                assertThat(service.waitFor(60, TimeUnit.SECONDS)).isTrue();
            } finally {
                service.destroyForcibly();
            }
        }
    }

    private Process start(ProcessSpec spec) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(spec.command())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("service.log").toFile());
        builder.environment().putAll(spec.environment());
        Process service = builder.start();
        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> get("v1/models").body().contains("\"alignstream\""));
        return service;
    }

    /** A model that answers at length: its control tokens are improbable. */
    private static void release(Site site) throws IOException {
        Tokenizer tokenizer = new BpeTrainer(300).train(List.of("今天来上海出差了。").iterator());
        TransformerConfig shape =
                new TransformerConfig(tokenizer.vocabularySize(), 1, 16, 1, 1, 32, POSITIONS, 10_000, 1e-6, false);
        Map<String, Tensor> tensors;
        try (Transformer network = Transformer.initialise(shape, 1)) {
            tensors = new LinkedHashMap<>(network.tensors());
        }
        tensors.computeIfPresent("lm_head.weight", (name, head) -> {
            float[] values = head.toFloats();
            for (int i = 0; i < values.length; i++) {
                values[i] *= tokenizer.byteLength(i / (int) head.shape()[1]) == 0 ? 0 : 100;
            }
            return Tensor.of(values, head.shape());
        });
        Reference reference;
        try (CheckpointStore store = CheckpointStore.open(site.store().toUri(), site.storeCache())) {
            reference = store.save(Manifest.draft(Stage.RLHF, "tiny", 1).withComplete(true), model -> {
                shape.save(model, new int[] {tokenizer.endOfDocument(), tokenizer.endOfTurn()}, tokenizer.pad());
                tokenizer.save(model);
                Safetensors.write(model.resolve(ModelWeights.FILE), tensors, Map.of("format", "pt"));
            });
        }
        try (Publisher publisher = new Publisher(site.connection())) {
            publisher.publishAgain(
                    Topic.MODEL_RELEASES,
                    new ModelRelease(
                            "alignstream", ModelRelease.Verdict.APPROVED, reference, "tiny", Map.of(), "for the test"));
        }
    }

    private BufferedReader stream() throws IOException, InterruptedException {
        HttpResponse<InputStream> answer = http.send(question(TOKENS, true), HttpResponse.BodyHandlers.ofInputStream());
        assertThat(answer.statusCode()).isEqualTo(200);
        return new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8));
    }

    private HttpResponse<String> ask(int tokens) throws IOException, InterruptedException {
        return http.send(question(tokens, false), HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest question(int tokens, boolean stream) {
        String body =
                """
                {"messages": [{"role": "user", "content": "Hi"}], "temperature": 0, "max_tokens": %d, "stream": %b}"""
                        .formatted(tokens, stream);
        return HttpRequest.newBuilder(address.resolve("v1/chat/completions"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private int status(String path) throws IOException, InterruptedException {
        return get(path).statusCode();
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(address.resolve(path)).build(), HttpResponse.BodyHandlers.ofString());
    }
}
