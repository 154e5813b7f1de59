package io.alignstream.stageruntime.web;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.access.Role;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.stageruntime.JobControl;
import io.alignstream.stageruntime.RunRecord;
import io.alignstream.stageruntime.StageDefinition;
import io.alignstream.stageruntime.access.Caller;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The stage's runs, the running one and earlier ones, also those of before a restart: their curves, and how they were set. */
@Path("runs")
@Produces(MediaType.APPLICATION_JSON)
public class RunsResource {

    private final StageDefinition definition;
    private final JobControl control;
    private final CheckpointStore store;
    private final Caller caller;

    RunsResource(StageDefinition definition, JobControl control, CheckpointStore store, Caller caller) {
        this.definition = definition;
        this.control = control;
        this.store = store;
        this.caller = caller;
    }

    /**
     * What a run was made of; all of it empty while the store holds nothing of the run.
     *
     * @param settings everything configured that shapes the weights
     */
    public record Settings(
            Map<String, String> settings, Map<String, Reference> parents, List<DatasetSnapshot> datasets) {}

    /** Without their curves, the one that changed last first. */
    @GET
    @RolesAllowed(Role.Id.VIEWER)
    public List<RunRecord> runs() {
        return control.runs();
    }

    /** One with its curves; what its model has written about what people wrote only for those who review or operate. */
    @GET
    @Path("{run}")
    @RolesAllowed(Role.Id.VIEWER)
    public RunRecord run(@PathParam("run") String run) {
        RunRecord record = control.run(run).orElseThrow(NotFoundException::new);
        boolean ofNobody = definition.stage() == Stage.PRETRAIN; // it continues documents
        return ofNobody || caller.has(Role.Id.REVIEWER) || caller.has(Role.Id.OPERATOR)
                ? record
                : record.withoutSamples();
    }

    /** How one was set and what it was made of. */
    @GET
    @Path("{run}/settings")
    @RolesAllowed(Role.Id.VIEWER)
    public Settings settings(@PathParam("run") String run) throws IOException {
        if (control.runs().stream().noneMatch(record -> record.run().equals(run))) {
            throw new NotFoundException();
        }
        Optional<Manifest> manifest = run.matches(Manifest.NAME)
                ? store.manifests(definition.stage(), run).values().stream().findFirst()
                : Optional.empty();
        return manifest.map(found -> new Settings(found.hyperparameters(), found.parents(), found.datasets()))
                .orElseGet(() -> new Settings(Map.of(), Map.of(), List.of()));
    }
}
