package io.alignstream.stageruntime.tracking;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.TrainingProgress;
import io.alignstream.stageruntime.RunRecord;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tells an MLflow tracking server of runs, under their own ids; for one thread.
 *
 * <p>A run is found again by the tag {@code alignstream.run}, whichever process began it. A result becomes a version of the
 * registered model {@code EXPERIMENT-STAGE}, which the alias {@code approved} leads to from when it is approved.
 */
final class MlflowTracker implements Tracker {

    /** In one call, by the server's rules. */
    private static final int MOST_METRICS = 1_000;

    private static final int MOST_PARAMETERS = 100;
    private static final int LONGEST_PARAMETER = 500;
    private static final int LONGEST_TAG = 5_000;

    private static final String RUN = "alignstream.run";
    private static final String STAGE = "alignstream.stage";
    private static final String VERDICT = "alignstream.verdict";
    private static final String APPROVED = "approved";

    private final MlflowServer server;
    private final String experiment;
    private final Map<RunName, Known> runs = new HashMap<>();
    private @Nullable String experimentId;

    private record RunName(String stage, String run) {}

    /** A run at the server, with the last step that it knew of each figure when it was found. */
    private record Known(String id, Map<String, Long> steps) {}

    MlflowTracker(MlflowServer server, String experiment) {
        this.server = server;
        this.experiment = experiment;
    }

    @Override
    public String name() {
        return "mlflow";
    }

    @Override
    public void tell(List<Told> news) throws IOException, InterruptedException {
        try {
            List<Told.Step> steps = new ArrayList<>();
            for (Told one : news) {
                if (one instanceof Told.Step step) {
                    steps.add(step);
                    continue;
                }
                log(steps);
                switch (one) {
                    case Told.Begun begun -> begin(begun);
                    case Told.Model model -> register(model);
                    case Told.Verdict verdict -> decide(verdict.release());
                    case Told.Ended ended -> end(ended);
                    case Told.Step step -> {}
                }
            }
            log(steps);
        } catch (MlflowServer.Fault e) {
            throw new RefusedException(String.valueOf(e.getMessage()));
        }
    }

    private void begin(Told.Begun begun) throws IOException, InterruptedException {
        Known run = known(begun.stage(), begun.run(), begun.at());
        server.post("runs/update", Map.of("run_id", run.id(), "status", "RUNNING"));
        server.post("runs/set-tag", Map.of("run_id", run.id(), "key", "mlflow.note.content", "value", begun.title()));
        List<Map<String, Object>> parameters = new ArrayList<>();
        begun.parameters()
                .forEach((key, value) -> parameters.add(Map.of("key", key, "value", cut(value, LONGEST_PARAMETER))));
        for (int from = 0; from < parameters.size(); from += MOST_PARAMETERS) {
            List<?> some = parameters.subList(from, Math.min(parameters.size(), from + MOST_PARAMETERS));
            server.post("runs/log-batch", Map.of("run_id", run.id(), "params", some));
        }
    }

    /** The steps of one run follow each other; what they measured goes in few calls. */
    private void log(List<Told.Step> steps) throws IOException, InterruptedException {
        Map<RunName, List<Map<String, Object>>> metrics = new LinkedHashMap<>();
        for (Told.Step step : steps) {
            TrainingProgress progress = step.progress();
            Known run = known(progress.stage(), progress.run(), step.at());
            List<Map<String, Object>> ofRun = metrics.computeIfAbsent(
                    new RunName(progress.stage().id(), progress.run()), name -> new ArrayList<>());
            step.figures().forEach((key, value) -> {
                Long last = run.steps().get(key);
                if (last == null || progress.step() > last) {
                    ofRun.add(Map.of(
                            "key",
                            key,
                            "value",
                            value,
                            "timestamp",
                            step.at().toEpochMilli(),
                            "step",
                            progress.step()));
                }
            });
        }
        for (Map.Entry<RunName, List<Map<String, Object>>> ofRun : metrics.entrySet()) {
            String id = Objects.requireNonNull(runs.get(ofRun.getKey())).id();
            List<Map<String, Object>> all = ofRun.getValue();
            for (int from = 0; from < all.size(); from += MOST_METRICS) {
                List<?> some = all.subList(from, Math.min(all.size(), from + MOST_METRICS));
                server.post("runs/log-batch", Map.of("run_id", id, "metrics", some));
            }
        }
        steps.clear();
    }

    private void end(Told.Ended ended) throws IOException, InterruptedException {
        Known run = runs.remove(new RunName(ended.stage().id(), ended.run()));
        if (run != null) { // one that another worker leads was never told of
            server.post(
                    "runs/update",
                    Map.of(
                            "run_id",
                            run.id(),
                            "status",
                            status(ended.outcome()),
                            "end_time",
                            ended.at().toEpochMilli()));
        }
    }

    private static String status(RunRecord.Outcome outcome) {
        return switch (outcome) {
            case FINISHED -> "FINISHED";
            case STOPPED -> "KILLED";
            case FAILED -> "FAILED";
        };
    }

    private void register(Told.Model model) throws IOException, InterruptedException {
        Checkpoint checkpoint = model.checkpoint();
        Known run = known(checkpoint.stage(), checkpoint.run(), model.at());
        List<Map<String, Object>> figures = new ArrayList<>();
        checkpoint
                .metrics()
                .forEach((key, value) -> figures.add(Map.of(
                        "key",
                        "final/" + key,
                        "value",
                        value,
                        "timestamp",
                        model.at().toEpochMilli(),
                        "step",
                        checkpoint.step())));
        for (int from = 0; from < figures.size(); from += MOST_METRICS) {
            List<?> some = figures.subList(from, Math.min(figures.size(), from + MOST_METRICS));
            server.post("runs/log-batch", Map.of("run_id", run.id(), "metrics", some));
        }
        String name = modelName(checkpoint.stage());
        try {
            server.post("registered-models/create", Map.of("name", name));
        } catch (MlflowServer.Fault e) {
            if (!e.code().equals("RESOURCE_ALREADY_EXISTS")) {
                throw e;
            }
        }
        if (version(name, checkpoint.reference().sha256()).isEmpty()) {
            List<Map<String, String>> tags = new ArrayList<>();
            tags.add(tag(RUN, checkpoint.run()));
            tags.add(tag("alignstream.sha256", checkpoint.reference().sha256()));
            tags.add(tag("alignstream.uri", checkpoint.reference().uri().toString()));
            checkpoint
                    .parents()
                    .forEach((parent, reference) -> tags.add(tag("alignstream.parent." + parent, reference.sha256())));
            server.post(
                    "model-versions/create",
                    Map.of("name", name, "source", source(run.id(), checkpoint), "run_id", run.id(), "tags", tags));
        }
    }

    /** A server refuses folders of its own machine that it has not written; those stand in the version's tags. */
    private static String source(String run, Checkpoint checkpoint) {
        String uri = checkpoint.reference().uri().toString();
        return uri.startsWith("file:") ? "runs:/" + run + "/model" : uri;
    }

    private void decide(ModelRelease release) throws IOException, InterruptedException {
        String name = modelName(Stage.RLHF);
        Optional<String> version = version(name, release.reference().sha256());
        if (version.isEmpty()) {
            return; // of a model that was imported, or made before anybody was told
        }
        String verdict = release.verdict().name().toLowerCase(Locale.ROOT);
        server.post(
                "model-versions/set-tag",
                Map.of("name", name, "version", version.get(), "key", VERDICT, "value", verdict));
        server.post(
                "model-versions/set-tag",
                Map.of(
                        "name",
                        name,
                        "version",
                        version.get(),
                        "key",
                        VERDICT + ".reason",
                        "value",
                        cut(release.reason(), LONGEST_TAG)));
        if (release.verdict() == ModelRelease.Verdict.APPROVED) {
            server.post("registered-models/alias", Map.of("name", name, "alias", APPROVED, "version", version.get()));
        }
    }

    private Optional<String> version(String name, String sha256) throws IOException, InterruptedException {
        return server.find(
                        "model-versions/search",
                        "filter",
                        "name = '" + name + "' and tags.`alignstream.sha256` = '" + sha256 + "'")
                .map(found -> found.at("/model_versions/0/version").asText())
                .filter(version -> !version.isEmpty());
    }

    private String modelName(Stage stage) {
        return experiment.replaceAll("[/:']", "-") + "-" + stage.id();
    }

    /** The run at the server, which is made where it is missing. */
    private Known known(Stage stage, String run, Instant at) throws IOException, InterruptedException {
        RunName name = new RunName(stage.id(), run);
        Known known = runs.get(name);
        if (known == null) {
            String in = experimentId();
            JsonNode found = server.post(
                            "runs/search",
                            Map.of(
                                    "experiment_ids",
                                    List.of(in),
                                    "filter",
                                    "tags.`" + RUN + "` = '" + run + "' and tags.`" + STAGE + "` = '" + stage.id()
                                            + "'",
                                    "max_results",
                                    1))
                    .at("/runs/0");
            known = found.isMissingNode() ? made(in, stage, run, at) : known(found);
            runs.put(name, known);
        }
        return known;
    }

    private static Known known(JsonNode found) {
        Map<String, Long> steps = new HashMap<>();
        found.at("/data/metrics")
                .forEach(metric -> steps.put(
                        metric.path("key").asText(), metric.path("step").asLong()));
        return new Known(found.at("/info/run_id").asText(), steps);
    }

    private Known made(String in, Stage stage, String run, Instant at) throws IOException, InterruptedException {
        JsonNode made = server.post(
                "runs/create",
                Map.of(
                        "experiment_id",
                        in,
                        "run_name",
                        stage.id() + "/" + run,
                        "start_time",
                        at.toEpochMilli(),
                        "tags",
                        List.of(tag(RUN, run), tag(STAGE, stage.id()))));
        return new Known(made.at("/run/info/run_id").asText(), Map.of());
    }

    private String experimentId() throws IOException, InterruptedException {
        if (experimentId == null) {
            Optional<JsonNode> there = server.find("experiments/get-by-name", "experiment_name", experiment);
            experimentId = there.isPresent()
                    ? there.get().at("/experiment/experiment_id").asText()
                    : server.post("experiments/create", Map.of("name", experiment))
                            .path("experiment_id")
                            .asText();
        }
        return experimentId;
    }

    private static Map<String, String> tag(String key, String value) {
        return Map.of("key", key, "value", value);
    }

    private static String cut(String text, int most) {
        return text.length() > most ? text.substring(0, most - 1) + "…" : text;
    }

    @Override
    public void close() {
        server.close();
    }
}
