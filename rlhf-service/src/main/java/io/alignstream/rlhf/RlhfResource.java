package io.alignstream.rlhf;

import io.alignstream.contracts.access.Role;
import io.alignstream.stageruntime.JobControl;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

/** Where the policy stands. */
@Path("rlhf")
@Produces(MediaType.APPLICATION_JSON)
public class RlhfResource {

    private final RlhfStage stage;
    private final JobControl control;

    RlhfResource(RlhfStage stage, JobControl control) {
        this.stage = stage;
        this.control = control;
    }

    @GET
    @RolesAllowed(Role.Id.VIEWER)
    public RlhfFigures figures() {
        return stage.figures().with(RlhfFigures.Newest.of(control.charts().metrics()));
    }
}
