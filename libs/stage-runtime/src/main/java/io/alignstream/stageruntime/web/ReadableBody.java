package io.alignstream.stageruntime.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import io.alignstream.contracts.check.JsonFault;
import io.alignstream.contracts.messages.Reason;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.Provider;
import jakarta.ws.rs.ext.ReaderInterceptor;
import jakarta.ws.rs.ext.ReaderInterceptorContext;
import java.io.IOException;

/** Tells the sender of a body that no JSON is, or other JSON than its call takes, which field is wrong and why; 400. */
@Provider
public class ReadableBody implements ReaderInterceptor {

    @Override
    public Object aroundReadFrom(ReaderInterceptorContext body) throws IOException {
        try {
            return body.proceed();
        } catch (JsonProcessingException e) {
            throw refused(e);
        } catch (WebApplicationException e) {
            // So the reader wraps what is no JSON at all.
            throw e.getCause() instanceof JsonProcessingException fault ? refused(fault) : e;
        }
    }

    static WebApplicationException refused(JsonProcessingException e) {
        String field = e instanceof JsonMappingException mapping ? JsonFault.field(mapping) : "";
        Reason reason = field.isEmpty()
                ? Reason.of("refusal.body").with("detail", JsonFault.of(e))
                : Reason.of("refusal.bodyField").with("field", field).with("detail", JsonFault.of(e));
        return new WebApplicationException(e, Refusal.of(Response.Status.BAD_REQUEST, reason));
    }
}
