package io.alignstream.sft;

import io.alignstream.contracts.access.Role;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

/** What the stage knows of its instructions and of its newest model. */
@Path("sft")
@Produces(MediaType.APPLICATION_JSON)
public class SftResource {

    private final SftStage stage;

    SftResource(SftStage stage) {
        this.stage = stage;
    }

    @GET
    @RolesAllowed(Role.Id.VIEWER)
    public SftFigures figures() {
        return stage.figures();
    }
}
