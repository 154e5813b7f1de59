package io.alignstream.inference.explorer;

import io.alignstream.contracts.access.Role;
import io.alignstream.stageruntime.web.Visitor;
import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/** The page on which people look into the models, {@code /explorer}. */
@Path("/explorer")
public class ExplorerPage {

    private final Template page;

    ExplorerPage(@Location("explorer.html") Template page) {
        this.page = page;
    }

    @GET
    @Produces(MediaType.TEXT_HTML)
    @RolesAllowed(Role.Id.CLIENT)
    public Response page(@BeanParam Visitor visitor) {
        return visitor.page(page.instance());
    }
}
