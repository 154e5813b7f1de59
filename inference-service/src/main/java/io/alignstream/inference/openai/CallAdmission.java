package io.alignstream.inference.openai;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.inference.ClientShares;
import io.alignstream.inference.InferenceConfig;
import io.alignstream.inference.openai.request.ApiException;
import io.alignstream.stageruntime.access.Caller;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.configuration.MemorySize;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Admits calls before their bodies are read: refuses what is larger than the server reads, and what comes while more calls
 * are under way than can be answered or wait, or too many of one client, or while the service ends, with OpenAI's error JSON. Answers in it, too, what reaches no resource.
 */
@Singleton
class CallAdmission {

    /** Before the server's own limit, which is at -2. */
    private static final int ORDER = -3;

    private final ObjectMapper json;
    /** Calls that are being read or refused, besides those that are answered or wait. */
    private static final int READ_AT_ONCE = 16;

    /** Of all these, so many are never one client's: who takes turns with others must come so far first. */
    private static final int OF_OTHERS = READ_AT_ONCE / 2;

    private final MemorySize most;
    private final int mostCalls;
    private final AtomicInteger underWay = new AtomicInteger();
    private final ClientShares shares;

    private final Duration notice;
    /** When this service takes no more calls, by {@link System#nanoTime}; empty while nobody wants it to end. */
    private volatile OptionalLong closing = OptionalLong.empty();

    CallAdmission(
            ObjectMapper json,
            InferenceConfig config,
            @ConfigProperty(name = "quarkus.http.limits.max-body-size") MemorySize most,
            @ConfigProperty(name = "quarkus.shutdown.delay") Optional<Duration> notice) {
        this.notice = notice.orElse(Duration.ZERO);
        this.json = json;
        this.most = most;
        this.mostCalls = config.concurrentRequests() + config.queue() + READ_AT_ONCE;
        this.shares = new ClientShares(mostCalls - OF_OTHERS);
    }

    void route(@Observes Router router) {
        List.of("/v1/*", "/tokenize", "/detokenize")
                .forEach(path -> router.route(path).order(ORDER).handler(this::handle));
        router.route().order(ORDER).failureHandler(this::failed);
        router.errorHandler(404, call -> answer(call, 404));
        router.errorHandler(405, call -> answer(call, 405));
    }

    /** What fails before it reaches a resource, a body without a length that is too large for example. */
    private void failed(RoutingContext call) {
        int status = call.statusCode();
        if (call.response().headWritten() || status < 400 || status >= 500 || RefusedCall.isForPeople(call.request())) {
            call.next();
        } else {
            answer(call, status);
        }
    }

    private void answer(RoutingContext call, int status) {
        if (RefusedCall.isForPeople(call.request())) {
            call.response()
                    .setStatusCode(status)
                    .putHeader(HttpHeaders.CONTENT_TYPE, MediaType.TEXT_HTML)
                    .end(RefusedCall.page(status));
        } else {
            Reason reason = status == 413
                    ? Reason.of("api.tooLarge")
                            .with("bytes", most.asLongValue() + 1)
                            .with("most", most.asLongValue())
                    : RefusedCall.reason(
                            status,
                            call.request().method().name(),
                            call.request().path());
            write(call, ApiException.refused(status, reason));
        }
    }

    /** The service is to end: it is not ready any more, which others notice before calls are refused. */
    void leave(@Observes ShutdownDelayInitiatedEvent event) {
        closing = OptionalLong.of(System.nanoTime() + notice.toNanos());
    }

    private boolean closed() {
        OptionalLong end = closing;
        return end.isPresent() && System.nanoTime() - end.getAsLong() >= 0;
    }

    private void handle(RoutingContext call) {
        if (closed()) {
            refuse(call, ApiException.leaving());
            return;
        }
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
        String client = Caller.of(call);
        if (!shares.take(client)) {
            refuse(call, ApiException.busy(1));
            return;
        }
        if (underWay.incrementAndGet() > mostCalls) {
            leave(client);
            refuse(call, ApiException.busy(1));
            return;
        }
        call.addEndHandler(ended -> leave(client));
        call.next();
    }

    private void leave(String client) {
        underWay.decrementAndGet();
        shares.giveBack(client);
    }

    /** The body is not read. */
    private void refuse(RoutingContext call, ApiException refused) {
        call.response().putHeader(HttpHeaders.CONNECTION, "close");
        write(call, refused).onComplete(ended -> call.request().connection().close());
    }

    private Future<Void> write(RoutingContext call, ApiException refused) {
        try {
            if (refused.retryable()) {
                call.response().putHeader(HttpHeaders.RETRY_AFTER, Integer.toString(refused.retryAfter()));
            }
            return call.response()
                    .setStatusCode(refused.status())
                    .putHeader(HttpHeaders.CONTENT_TYPE, MediaType.APPLICATION_JSON)
                    .end(json.writeValueAsString(refused.body()));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write an error as JSON", e);
        }
    }
}
