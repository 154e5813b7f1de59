package io.alignstream.stageruntime.web;

import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.access.Gate;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/** The JSON of a call that was refused, and why. */
public final class Refusal {

    private Refusal() {}

    /** The answer to such a call. */
    public static Response of(Response.Status status, Reason error) {
        return Response.status(status)
                .type(MediaType.APPLICATION_JSON)
                .entity(Gate.body(error))
                .build();
    }
}
