package io.alignstream.inference.card;

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

/** The page that shows a release's card, {@code /card?run=RUN}; without a run the newest one's. */
@Path("/card")
public class CardPage {

    private final Template page;

    CardPage(@Location("card.html") Template page) {
        this.page = page;
    }

    @GET
    @Produces(MediaType.TEXT_HTML)
    @RolesAllowed(Role.Id.VIEWER)
    public Response page(@BeanParam Visitor visitor) {
        return visitor.page(page.instance());
    }
}
