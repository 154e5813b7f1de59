package io.alignstream.inference.openai;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.contracts.messages.Reason;
import io.quarkus.runtime.configuration.MemorySize;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Refuses what is larger than the server reads with OpenAI's error JSON; the server itself would say nothing but 413. */
@Singleton
class LargeCallFilter {

    /** Before the server's own limit, which is at -2. */
    private static final int ORDER = -3;

    private final ObjectMapper json;
    private final MemorySize most;

    LargeCallFilter(ObjectMapper json, @ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize most) {
        this.json = json;
        this.most = most;
    }

    void route(@Observes Router router) {
        router.route("/v1/*").order(ORDER).handler(this::handle);
    }

    private void handle(RoutingContext call) {
        String length = call.request().getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length == null || !length.matches("\\d{1,18}") || Long.parseLong(length) <= most.asLongValue()) {
            call.next();
            return;
        }
        ApiException refused = ApiException.refused(
                413,
                Reason.of("api.tooLarge").with("bytes", Long.parseLong(length)).with("most", most.asLongValue()));
        try {
            call.response()
                    .setStatusCode(refused.status())
                    .putHeader(HttpHeaders.CONTENT_TYPE, MediaType.APPLICATION_JSON)
                    .putHeader(HttpHeaders.CONNECTION, "close") // the body is not read
                    .end(json.writeValueAsString(refused.body()))
                    .onComplete(ended -> call.request().connection().close());
        } catch (JsonProcessingException e) {
            call.fail(e);
        }
    }
}
