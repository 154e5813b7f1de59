package io.alignstream.inference.openai;

import io.alignstream.contracts.messages.Reason;
import io.alignstream.inference.openai.request.ApiException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import java.util.Set;

/** Answers calls that reach no method, or the wrong one, with OpenAI's error JSON, too, unless a person's browser asks. */
@Provider
public class RefusedCall implements ExceptionMapper<WebApplicationException> {

    private final OpenApiResource document;

    @Context
    @SuppressWarnings("NullAway.Init")
    UriInfo call;

    @Context
    @SuppressWarnings("NullAway.Init")
    Request request;

    @Context
    @SuppressWarnings("NullAway.Init")
    HttpServerRequest http;

    RefusedCall(OpenApiResource document) {
        this.document = document;
    }

    @Override
    public Response toResponse(WebApplicationException refusal) {
        Response own = refusal.getResponse();
        if (own.getStatus() < 400 || own.hasEntity()) {
            return own;
        }
        if (isForPeople(http)) {
            return Response.fromResponse(own)
                    .type(MediaType.TEXT_HTML_TYPE)
                    .entity(page(own.getStatus()))
                    .build();
        }
        ApiException said =
                ApiException.refused(own.getStatus(), reason(own.getStatus(), request.getMethod(), call.getPath()));
        Response.ResponseBuilder response =
                Response.fromResponse(own).type(MediaType.APPLICATION_JSON_TYPE).entity(said.body());
        Set<String> methods = document.methods(call.getPath());
        if (own.getStatus() == 405 && !methods.isEmpty()) {
            response.allow(methods);
        }
        return response.build();
    }

    /** Whether the answer is shown by a browser: programs take JSON, even where they do not say so. */
    static boolean isForPeople(HttpServerRequest request) {
        String accepted = request.getHeader(HttpHeaders.ACCEPT);
        return accepted != null && accepted.contains(MediaType.TEXT_HTML);
    }

    /** What a person's browser shows. */
    static String page(int status) {
        return "<!doctype html><html lang=\"en\"><title>" + status + "</title><h1>"
                + (status == 404 ? "There is no such page" : "Refused with status " + status) + "</h1></html>";
    }

    static Reason reason(int status, String method, String path) {
        return switch (status) {
            case 404, 405 -> Reason.of("api.noSuchCall").with("method", method).with("path", path);
            case 406 -> Reason.of("api.onlyJson");
            case 415 -> Reason.of("api.notSentAsJson");
            default -> Reason.of("api.refused").with("status", Integer.toString(status));
        };
    }
}
