package io.alignstream.inference.openai;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.inference.InferenceConfig;
import io.quarkus.runtime.configuration.MemorySize;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.MediaType;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Admits calls before their bodies are read: refuses what is larger than the server reads, and what comes while more calls
 * are under way than can be answered or wait, with OpenAI's error JSON.
 */
@Singleton
class CallAdmission {

    /** Before the server's own limit, which is at -2. */
    private static final int ORDER = -3;

    private final ObjectMapper json;
    /** Calls that are being read or refused, besides those that are answered or wait. */
    private static final int READ_AT_ONCE = 16;

    private final MemorySize most;
    private final int mostCalls;
    private final AtomicInteger underWay = new AtomicInteger();

    CallAdmission(
            ObjectMapper json,
            InferenceConfig config,
            @ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize most) {
        this.json = json;
        this.most = most;
        this.mostCalls = config.concurrentRequests() + config.queue() + READ_AT_ONCE;
    }

    void route(@Observes Router router) {
        router.route("/v1/*").order(ORDER).handler(this::handle);
    }

    private void handle(RoutingContext call) {
        String length = call.request().getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length != null && length.matches("\\d{1,18}") && Long.parseLong(length) > most.asLongValue()) {
            refuse(
                    call,
                    ApiException.refused(
                            413,
                            Reason.of("api.tooLarge")
                                    .with("bytes", Long.parseLong(length))
                                    .with("most", most.asLongValue())));
            return;
        }
        if (underWay.incrementAndGet() > mostCalls) {
            underWay.decrementAndGet();
            refuse(call, ApiException.busy());
            return;
        }
        call.addEndHandler(ended -> underWay.decrementAndGet());
        call.next();
    }

    /** The body is not read. */
    private void refuse(RoutingContext call, ApiException refused) {
        try {
            call.response()
                    .setStatusCode(refused.status())
                    .putHeader(HttpHeaders.CONTENT_TYPE, MediaType.APPLICATION_JSON)
                    .putHeader(HttpHeaders.CONNECTION, "close")
                    .end(json.writeValueAsString(refused.body()))
                    .onComplete(ended -> call.request().connection().close());
        } catch (JsonProcessingException e) {
            call.fail(e);
        }
    }
}
