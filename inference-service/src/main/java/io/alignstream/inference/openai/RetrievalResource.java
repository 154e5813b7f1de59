package io.alignstream.inference.openai;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.alignstream.contracts.access.Role;
import io.alignstream.inference.openai.answer.Sources;
import io.alignstream.inference.openai.request.SearchRequest;
import io.alignstream.stageruntime.access.AuditLog;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;

/** {@code POST /v1/retrieval}: the passages that an answer would be grounded in, without an answer. */
@Path("/v1/retrieval")
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public class RetrievalResource {

    private final Grounding grounding;

    RetrievalResource(Grounding grounding) {
        this.grounding = grounding;
    }

    @POST
    @RunOnVirtualThread
    @RolesAllowed(Role.Id.CLIENT)
    public ObjectNode search(byte[] body, @Context RoutingContext http) {
        AuditLog.leaveOut(http);
        SearchRequest request = SearchRequest.parse(body);
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("object", "list");
        json.set("data", Sources.list(grounding.search(request.query(), request.wanted())));
        return json;
    }
}
