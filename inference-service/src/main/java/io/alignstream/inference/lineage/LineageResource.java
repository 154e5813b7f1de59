package io.alignstream.inference.lineage;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.access.Role;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.inference.RecentResponses;
import io.alignstream.inference.Releases;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.stageruntime.access.Caller;
import io.alignstream.stageruntime.web.Refusal;
import io.alignstream.training.card.Ancestors.Ancestor;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.KafkaException;
import org.jboss.logging.Logger;

/** {@code GET /v1/lineage/{response id}}: where an answer comes from, and all that this is read from. */
@Path("/v1/lineage/{response}")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class LineageResource {

    private static final Logger LOG = Logger.getLogger(LineageResource.class);
    private static final int SHOWN_EVENTS = 50;
    /** Topics that tell of nobody who uses the models or judges them. */
    private static final Set<Topic<?>> OF_NOBODY = Set.of(Topic.DOCUMENTS, Topic.CLEAN_DOCUMENTS);

    private final Releases releases;
    private final LineageReader reader;
    private final DatasetCounts datasets;
    private final RecentResponses responses;
    private final Caller caller;

    LineageResource(
            Releases releases, LineageReader reader, DatasetCounts datasets, RecentResponses responses, Caller caller) {
        this.responses = responses;
        this.caller = caller;
        this.releases = releases;
        this.reader = reader;
        this.datasets = datasets;
    }

    /**
     * A frozen topic range and its beginning.
     *
     * @param first its first {@value #SHOWN_EVENTS} events, fewer where they are large
     */
    public record Events(DatasetSnapshot snapshot, List<DatasetCounts.Entry> first) {}

    /** An {@link AnswerLineage}; 404 if no release is known that wrote such a response. */
    @GET
    @RolesAllowed(Role.Id.VIEWER)
    public Response lineage(@PathParam("response") String id, @Context RoutingContext call) {
        Optional<RecentResponses.Response> exchange =
                caller.has(Role.Id.OPERATOR) ? responses.find(id) : responses.find(id, Caller.of(call));
        return releases.author(id)
                .map(release ->
                        Response.ok(reader.lineage(id, release, exchange)).build())
                .orElseGet(() -> unknown(id));
    }

    /** The manifest of one of the models, byte for byte; 404 if it is none of them. */
    @GET
    @Path("manifests/{sha256}")
    @RolesAllowed(Role.Id.VIEWER)
    public Response manifest(@PathParam("response") String id, @PathParam("sha256") String sha256) {
        return manifestOf(id, sha256)
                .map(manifest -> Response.ok(manifest.toJson()).build())
                .orElseGet(() -> notPartOf(id, sha256));
    }

    /**
     * The beginning of what one of the models learned from; 404 if it did not learn from that topic, 410 if the
     * topic no longer holds it, 503 if the broker gives no answer.
     *
     * <p>Documents are for viewers; what people asked, wrote and ranked is for reviewers and operators.
     */
    @GET
    @Path("datasets/{sha256}/{topic}")
    @RolesAllowed(Role.Id.VIEWER)
    public Response events(
            @PathParam("response") String id, @PathParam("sha256") String sha256, @PathParam("topic") String name) {
        DatasetSnapshot snapshot = manifestOf(id, sha256)
                .flatMap(manifest -> manifest.datasets().stream()
                        .filter(dataset -> dataset.topic().equals(name))
                        .findFirst())
                .orElse(null);
        Topic<?> topic = snapshot == null ? null : DatasetCounts.topic(snapshot).orElse(null);
        if (snapshot == null || topic == null) {
            return notPartOf(id, sha256 + "/" + name);
        }
        if (!OF_NOBODY.contains(topic) && !caller.has(Role.Id.REVIEWER) && !caller.has(Role.Id.OPERATOR)) {
            return Refusal.of(
                    Response.Status.FORBIDDEN,
                    Reason.of("refusal.role")
                            .with("name", String.valueOf(caller.name()))
                            .with("role", Role.Id.REVIEWER + ", " + Role.Id.OPERATOR));
        }
        try {
            return Response.ok(new Events(snapshot, datasets.first(topic, snapshot, SHOWN_EVENTS)))
                    .build();
        } catch (InvalidInputException e) {
            return Refusal.of(Response.Status.GONE, e.reason());
        } catch (KafkaException | IllegalStateException e) {
            LOG.warnf(e, "Cannot read %s", snapshot);
            return Refusal.of(Response.Status.SERVICE_UNAVAILABLE, reader.unreadable(snapshot, e));
        }
    }

    private Optional<Manifest> manifestOf(String id, String sha256) {
        Optional<ModelRelease> release = releases.author(id);
        return release.map(reader::ancestors)
                .map(ancestors -> ancestors.get(sha256))
                .flatMap(Ancestor::manifest);
    }

    private static Response unknown(String id) {
        return Refusal.of(
                Response.Status.NOT_FOUND, Reason.of("lineage.unknown").with("id", id));
    }

    private static Response notPartOf(String id, String part) {
        return Refusal.of(
                Response.Status.NOT_FOUND,
                Reason.of("lineage.notPart").with("id", id).with("part", part));
    }
}
