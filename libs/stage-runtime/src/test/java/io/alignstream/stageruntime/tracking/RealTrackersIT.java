package io.alignstream.stageruntime.tracking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.TrainingProgress;
import io.alignstream.stageruntime.RunRecord;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * MLflow's own server is told of runs and asked by MLflow's own client, TensorBoard's own reader reads the event files. Run by
 * {@code .ci/tracking}, which says with the property {@code trackers} where both are installed.
 */
class RealTrackersIT {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Path TRACKERS = Path.of(Objects.requireNonNull(System.getProperty("trackers")));
    private static final Instant BEGIN = Instant.parse("2026-11-30T10:00:00Z");
    private static final int STEPS = 1_500;

    @TempDir
    Path folder;

    private @Nullable Process server;

    @AfterEach
    void stop() {
        if (server != null) {
            server.descendants().forEach(ProcessHandle::destroy);
            server.destroy();
        }
    }

    private static Told.Begun begun(Instant at) {
        return new Told.Begun(
                Stage.RLHF, "0123456789ab", "Aligns by PPO", Map.of("learningRate", "1.0E-5", "algorithm", "ppo"), at);
    }

    /** Steps as a run publishes them. */
    private static List<Told> steps(int from, int to) {
        List<Told> steps = new ArrayList<>();
        for (int step = from; step <= to; step++) {
            steps.add(new Told.Step(
                    new TrainingProgress(
                            Stage.RLHF,
                            "0123456789ab",
                            "train",
                            step,
                            STEPS,
                            0,
                            Map.of("objective/kl", 1.0 / step, "loss/policy", step / 4.0)),
                    BEGIN.plusSeconds(step)));
        }
        return steps;
    }

    private static Checkpoint checkpoint(String uri) {
        return new Checkpoint(
                Stage.RLHF,
                "0123456789ab",
                STEPS,
                new Reference(URI.create(uri), "ab".repeat(32), 7),
                Map.of(),
                List.of(),
                Map.of("objective/kl", 0.25));
    }

    private static ModelRelease release(ModelRelease.Verdict verdict) {
        return new ModelRelease(
                "alignstream",
                verdict,
                checkpoint("s3://models/rlhf").reference(),
                "0123456789ab",
                Map.of(),
                "better than the SFT model");
    }

    private JsonNode python(String script, String... arguments) throws IOException, InterruptedException {
        Path file = folder.resolve("script.py");
        Files.writeString(file, script);
        List<String> command =
                new ArrayList<>(List.of(TRACKERS.resolve("bin/python").toString(), file.toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectError(folder.resolve("script.log").toFile())
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor())
                .as(Files.readString(folder.resolve("script.log")))
                .isZero();
        return JSON.readTree(out);
    }

    private URI mlflow() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        server = new ProcessBuilder(
                        TRACKERS.resolve("bin/mlflow").toString(),
                        "server",
                        "--host",
                        "127.0.0.1",
                        "--port",
                        Integer.toString(port),
                        "--workers",
                        "1",
                        "--backend-store-uri",
                        "sqlite:///" + folder.resolve("mlflow.db"),
                        "--default-artifact-root",
                        folder.resolve("artifacts").toUri().toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("mlflow.log").toFile())
                .start();
        URI address = URI.create("http://127.0.0.1:" + port);
        HttpClient http = HttpClient.newHttpClient();
        await().atMost(Duration.ofMinutes(3))
                .ignoreExceptions()
                .until(() -> http.send(
                                        HttpRequest.newBuilder(address.resolve("/health"))
                                                .build(),
                                        HttpResponse.BodyHandlers.ofString())
                                .statusCode()
                        == 200);
        return address;
    }

    @Test
    void mlflowKnowsARunOnceWithItsParametersFiguresAndModel() throws Exception {
        // Given: a run whose process is killed, and which goes on in another one from an earlier step
        URI address = mlflow();
        try (MlflowTracker killed = new MlflowTracker(new MlflowServer(address, Map.of()), "alignstream")) {
            killed.tell(List.of(begun(BEGIN)));
            killed.tell(steps(1, 1_200));
        }
        try (MlflowTracker tracker = new MlflowTracker(new MlflowServer(address, Map.of()), "alignstream")) {
            // When
            tracker.tell(List.of(begun(BEGIN.plusSeconds(2_000))));
            tracker.tell(steps(1_100, STEPS));
            List<Told> end = List.of(
                    new Told.Model(checkpoint("s3://models/rlhf"), BEGIN.plusSeconds(3_000)),
                    new Told.Verdict(release(ModelRelease.Verdict.APPROVED)),
                    new Told.Ended(Stage.RLHF, "0123456789ab", RunRecord.Outcome.FINISHED, BEGIN.plusSeconds(3_001)));
            tracker.tell(end);
            tracker.tell(end.subList(0, 2)); // an answer that got lost: it is told again
        }

        // Then
        JsonNode known = python(
                """
                import json, sys, mlflow
                client = mlflow.MlflowClient(sys.argv[1])
                experiment = client.get_experiment_by_name("alignstream")
                runs = client.search_runs([experiment.experiment_id])
                run = runs[0]
                kl = client.get_metric_history(run.info.run_id, "train/objective/kl")
                version = client.get_model_version_by_alias("alignstream-rlhf", "approved")
                print(json.dumps({
                    "runs": len(runs), "name": run.info.run_name, "status": run.info.status,
                    "start": run.info.start_time, "params": run.data.params, "tags": run.data.tags,
                    "final": run.data.metrics["final/objective/kl"],
                    "steps": sorted(m.step for m in kl), "last": run.data.metrics["train/objective/kl"],
                    "versions": len(client.search_model_versions("name = 'alignstream-rlhf'")),
                    "source": version.source, "ofRun": version.run_id == run.info.run_id, "versionTags": version.tags}))
                """,
                address.toString());
        assertThat(known.path("runs").asInt()).isEqualTo(1);
        assertThat(known.path("name").asText()).isEqualTo("rlhf/0123456789ab");
        assertThat(known.path("status").asText()).isEqualTo("FINISHED");
        assertThat(known.path("start").asLong()).isEqualTo(BEGIN.toEpochMilli());
        assertThat(known.at("/params/learningRate").asText()).isEqualTo("1.0E-5");
        assertThat(known.at("/tags/alignstream.run").asText()).isEqualTo("0123456789ab");
        assertThat(known.path("final").asDouble()).isEqualTo(0.25);
        assertThat(known.path("last").asDouble()).isEqualTo(1.0 / STEPS);
        assertThat(known.path("steps")).hasSize(STEPS);
        assertThat(known.path("steps").get(STEPS - 1).asInt()).isEqualTo(STEPS);
        assertThat(known.path("versions").asInt()).isEqualTo(1);
        assertThat(known.path("source").asText()).isEqualTo("s3://models/rlhf");
        assertThat(known.path("ofRun").asBoolean()).isTrue();
        assertThat(known.at("/versionTags/alignstream.verdict").asText()).isEqualTo("approved");
    }

    @Test
    void mlflowTakesModelsOfAStoreOnDiskToo() throws Exception {
        // Given
        URI address = mlflow();

        // When
        try (MlflowTracker tracker = new MlflowTracker(new MlflowServer(address, Map.of()), "alignstream")) {
            tracker.tell(List.of(begun(BEGIN), new Told.Model(checkpoint("file:/data/store/rlhf/7"), BEGIN)));
        }

        // Then
        JsonNode version = python(
                """
                import json, sys, mlflow
                found = mlflow.MlflowClient(sys.argv[1]).search_model_versions("name = 'alignstream-rlhf'")
                print(json.dumps([version.tags for version in found]))
                """,
                address.toString());
        assertThat(version).hasSize(1);
        assertThat(version.at("/0/alignstream.uri").asText()).isEqualTo("file:/data/store/rlhf/7");
    }

    @Test
    void tensorBoardShowsEachStepOnceAlsoAfterAResumption() throws Exception {
        // Given: as above
        Path board = folder.resolve("board");
        try (TensorBoardTracker killed = new TensorBoardTracker(board)) {
            killed.tell(steps(1, 120));
        }
        try (TensorBoardTracker tracker = new TensorBoardTracker(board)) {
            // When
            tracker.tell(steps(110, 150));
        }

        // Then
        JsonNode known = python(
                """
                import json, sys
                from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
                events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
                events.Reload()
                scalars = events.Scalars("train/objective/kl")
                print(json.dumps({
                    "tags": events.Tags()["scalars"], "steps": [s.step for s in scalars],
                    "last": scalars[-1].value, "time": scalars[0].wall_time}))
                """,
                board.resolve("rlhf/0123456789ab").toString());
        assertThat(known.path("tags"))
                .extracting(JsonNode::asText)
                .containsExactlyInAnyOrder("train/objective/kl", "train/loss/policy");
        assertThat(known.path("steps")).hasSize(150);
        assertThat(known.path("last").asDouble()).isEqualTo((double) (float) (1.0 / 150));
        assertThat(known.path("time").asDouble()).isEqualTo(BEGIN.getEpochSecond() + 1);
    }
}
