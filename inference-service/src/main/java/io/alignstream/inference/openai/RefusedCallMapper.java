package io.alignstream.inference.openai;

import io.alignstream.contracts.messages.Reason;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;

/** Answers calls below {@code /v1} that reach no method, or the wrong one, with OpenAI's error JSON, too. */
@Provider
public class RefusedCallMapper implements ExceptionMapper<WebApplicationException> {

    private static final String API = "/v1/";

    @Context
    @SuppressWarnings("NullAway.Init")
    UriInfo call;

    @Context
    @SuppressWarnings("NullAway.Init")
    Request request;

    @Override
    public Response toResponse(WebApplicationException refusal) {
        Response own = refusal.getResponse();
        if (!call.getPath().startsWith(API) || own.hasEntity()) {
            return own;
        }
        ApiException said = ApiException.refused(own.getStatus(), reason(own.getStatus()));
        return Response.fromResponse(own)
                .type(MediaType.APPLICATION_JSON_TYPE)
                .entity(said.body())
                .build();
    }

    private Reason reason(int status) {
        return switch (status) {
            case 404, 405 ->
                Reason.of("api.noSuchCall").with("method", request.getMethod()).with("path", call.getPath());
            case 415 -> Reason.of("api.notSentAsJson");
            default -> Reason.of("api.refused").with("status", Integer.toString(status));
        };
    }
}
