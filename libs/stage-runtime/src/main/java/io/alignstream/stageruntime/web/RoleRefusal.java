package io.alignstream.stageruntime.web;

import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.access.Caller;
import io.alignstream.stageruntime.access.Gate;
import io.quarkus.security.ForbiddenException;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import java.lang.reflect.Method;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tells who may not do something which role would be needed; 403. */
@Provider
public class RoleRefusal implements ExceptionMapper<ForbiddenException> {

    private final Caller caller;

    @Context
    @SuppressWarnings("NullAway.Init")
    ResourceInfo route;

    RoleRefusal(Caller caller) {
        this.caller = caller;
    }

    @Override
    public Response toResponse(ForbiddenException refused) {
        Reason reason = Reason.of("refusal.role")
                .with("name", String.valueOf(caller.name()))
                .with("role", String.join(", ", roles(route.getResourceMethod())));
        return Response.status(Response.Status.FORBIDDEN)
                .type(MediaType.APPLICATION_JSON_TYPE)
                .entity(Gate.body(reason))
                .build();
    }

    private static List<String> roles(@Nullable Method method) {
        RolesAllowed declared = method == null ? null : method.getAnnotation(RolesAllowed.class);
        if (declared == null && method != null) {
            declared = method.getDeclaringClass().getAnnotation(RolesAllowed.class);
        }
        return declared == null ? List.of() : List.of(declared.value());
    }
}
