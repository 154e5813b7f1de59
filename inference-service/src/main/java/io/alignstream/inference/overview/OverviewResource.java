package io.alignstream.inference.overview;

import io.alignstream.contracts.access.Role;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.inference.ServedModel;
import io.alignstream.stageruntime.flow.FlowReader;
import io.alignstream.stageruntime.web.Links;
import io.alignstream.stageruntime.web.Refusal;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Singleton;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.time.Instant;
import org.apache.kafka.common.KafkaException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The whole flow, for the page and for programs. */
@Path("/overview")
@Singleton
@Produces(MediaType.APPLICATION_JSON)
public class OverviewResource {

    private static final Logger LOG = Logger.getLogger(OverviewResource.class);
    /** However many look at it, the broker is asked as often as this. */
    private static final Duration FRESH = Duration.ofSeconds(1);

    /** A broker that has just not answered is not asked at once by the next who looks. */
    private static final Duration REFUSED = Duration.ofSeconds(5);

    private final FlowReader reader;
    private final Links links;
    private final ServedModel served;
    private @Nullable Overview newest;
    private @Nullable Refused refused;

    OverviewResource(FlowReader reader, Links links, ServedModel served) {
        this.reader = reader;
        this.links = links;
        this.served = served;
    }

    private record Refused(Reason why, Instant at) {

        Response response() {
            return Refusal.of(Response.Status.SERVICE_UNAVAILABLE, why);
        }
    }

    /** 503 while the broker does not answer, or does not let the service see what it has to. */
    @GET
    @RolesAllowed(Role.Id.VIEWER)
    public synchronized Response overview() {
        Refused before = refused;
        if (before != null && before.at().plus(REFUSED).isAfter(Instant.now())) {
            return before.response();
        }
        Overview last = newest;
        if (last == null || last.at().plus(FRESH).isBefore(Instant.now())) {
            try {
                last = new Seen(reader.read(), reader.lengths(), Instant.now(), links::page, stable()).overview();
                newest = last;
                refused = null;
            } catch (KafkaException e) {
                LOG.warnf("The flow cannot be read: %s", e);
                Refused now = new Refused(
                        Reason.of("overview.unreachable").with("detail", String.valueOf(e.getMessage())),
                        Instant.now());
                refused = now;
                return now.response();
            }
        }
        return Response.ok(last).build();
    }

    private @Nullable String stable() {
        return served.current()
                .map(model -> model.release().reference().sha256())
                .orElse(null);
    }
}
