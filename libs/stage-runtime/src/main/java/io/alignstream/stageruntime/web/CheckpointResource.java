package io.alignstream.stageruntime.web;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.access.Role;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.stageruntime.JobControl;
import io.alignstream.stageruntime.StageDefinition;
import io.alignstream.stageruntime.runner.StageRunner;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Singleton;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;

/** The stage's checkpoints in the store: those of the running or last run first, then those of finished runs. */
@Path("checkpoints")
@Singleton
public class CheckpointResource {

    private static final int MAX_RUNS = 10;
    private static final int MAX_CHECKPOINTS = 50;
    private static final Duration FRESH = Duration.ofSeconds(3);

    private final StageDefinition definition;
    private final StageRunner runner;
    private final JobControl control;
    private final CheckpointStore store;
    private List<StageCheckpoint> newest = List.of();
    private long listedAt = System.nanoTime() - FRESH.toNanos();

    CheckpointResource(StageDefinition definition, StageRunner runner, JobControl control, CheckpointStore store) {
        this.definition = definition;
        this.runner = runner;
        this.control = control;
        this.store = store;
    }

    /**
     * A {@link Checkpoint}, or one on the way to it.
     *
     * @param complete whether the run ends here
     */
    public record StageCheckpoint(
            Stage stage,
            String run,
            long step,
            boolean complete,
            Reference reference,
            Map<String, Reference> parents,
            List<DatasetSnapshot> datasets,
            Map<String, Double> metrics) {}

    /** At most {@value #MAX_CHECKPOINTS} checkpoints; a visitor's haste does not reach the store. */
    @GET
    @Produces(MediaType.APPLICATION_JSON)
    @RolesAllowed(Role.Id.VIEWER)
    public synchronized List<StageCheckpoint> checkpoints() throws IOException {
        if (System.nanoTime() - listedAt >= FRESH.toNanos()) {
            newest = list();
            listedAt = System.nanoTime();
        }
        return newest;
    }

    private List<StageCheckpoint> list() throws IOException {
        List<StageCheckpoint> checkpoints = new ArrayList<>();
        for (String run : runs()) {
            for (Map.Entry<Reference, Manifest> entry :
                    store.manifests(definition.stage(), run).entrySet()) {
                if (checkpoints.size() == MAX_CHECKPOINTS) {
                    return checkpoints;
                }
                checkpoints.add(checkpoint(entry.getKey(), entry.getValue()));
            }
        }
        return checkpoints;
    }

    private List<String> runs() throws IOException {
        SequencedSet<String> runs = new LinkedHashSet<>();
        String current = control.status().run();
        if (current != null) {
            runs.add(current);
        }
        runner.checkpoints().reversed().forEach(checkpoint -> runs.add(checkpoint.run()));
        runs.addAll(store.runs(definition.stage()));
        return runs.stream().limit(MAX_RUNS).toList();
    }

    private static StageCheckpoint checkpoint(Reference reference, Manifest manifest) {
        return new StageCheckpoint(
                manifest.stage(),
                manifest.run(),
                manifest.step(),
                manifest.complete(),
                reference,
                manifest.parents(),
                manifest.datasets(),
                manifest.metrics());
    }
}
