package io.alignstream.stageruntime.web;

import io.alignstream.stageruntime.access.OtherNameException;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;

/** Refuses who would act under another name than the one of the sign-in; 403. */
@Provider
public class OtherNameRefusal implements ExceptionMapper<OtherNameException> {

    @Override
    public Response toResponse(OtherNameException refused) {
        return Refusal.of(Response.Status.FORBIDDEN, refused.reason());
    }
}
