package io.alignstream.pretrain;

import io.alignstream.contracts.access.Role;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

/** What the stage knows of its data and of its newest model. */
@Path("pretrain")
@Produces(MediaType.APPLICATION_JSON)
public class PretrainResource {

    private final PretrainStage stage;

    PretrainResource(PretrainStage stage) {
        this.stage = stage;
    }

    @GET
    @RolesAllowed(Role.Id.VIEWER)
    public PretrainFigures figures() {
        return stage.figures();
    }
}
