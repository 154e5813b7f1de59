package io.alignstream.stageruntime.web;

import io.alignstream.contracts.messages.Reason;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/** The JSON of a call that was refused, and why. */
public record Refusal(Reason error) {

    /** The answer to such a call. */
    public static Response of(Response.Status status, Reason error) {
        return Response.status(status)
                .type(MediaType.APPLICATION_JSON)
                .entity(new Refusal(error))
                .build();
    }
}
