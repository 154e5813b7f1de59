package io.alignstream.inference.openai;

import io.alignstream.inference.openai.request.ApiException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import org.jboss.logging.Logger;

/** Answers what nobody foresaw with OpenAI's error JSON; the log has the cause. */
@Provider
public class FailedCall implements ExceptionMapper<RuntimeException> {

    private static final Logger LOG = Logger.getLogger(FailedCall.class);

    @Override
    public Response toResponse(RuntimeException failure) {
        LOG.error("A call failed", failure);
        ApiException said = ApiException.failed();
        return Response.status(said.status())
                .type(MediaType.APPLICATION_JSON_TYPE)
                .entity(said.body())
                .build();
    }
}
