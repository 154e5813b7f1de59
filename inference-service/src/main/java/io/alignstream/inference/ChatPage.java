package io.alignstream.inference;

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

/** The chat page: one HTML file; its scripts talk to the same API as everyone else. */
@Path("/chat")
public class ChatPage {

    private final Template page;

    ChatPage(@Location("chat.html") Template page) {
        this.page = page;
    }

    @GET
    @Produces(MediaType.TEXT_HTML)
    @RolesAllowed(Role.Id.CLIENT)
    public Response page(@BeanParam Visitor visitor) {
        return visitor.page(page.instance());
    }
}
