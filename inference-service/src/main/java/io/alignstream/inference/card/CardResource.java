package io.alignstream.inference.card;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.access.Role;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.inference.Releases;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.stageruntime.web.Refusal;
import io.alignstream.stageruntime.web.Visitor;
import io.alignstream.training.card.CardReader;
import io.alignstream.training.card.CardSections;
import io.alignstream.training.card.MarkdownCard;
import io.alignstream.training.card.ModelCard;
import io.alignstream.training.card.Section;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jboss.logging.Logger;

/** {@code GET /cards}: the releases that there are cards of, and each card. */
@Path("/cards")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class CardResource {

    private static final Logger LOG = Logger.getLogger(CardResource.class);

    private final Releases releases;
    private final CardReader reader;

    CardResource(Releases releases, CheckpointStore store, CountedData data, CardConfig config) {
        this.releases = releases;
        this.reader = new CardReader(store, data, config.licence().orElse(""), config.assumptions());
    }

    /** A release that has a card. */
    public record Listed(String model, String run, String sha256, ModelRelease.Verdict verdict) {}

    /**
     * A card, and the same in the order in which people read it.
     *
     * @param sections what {@code README.md} has, in no language yet
     */
    public record Shown(ModelCard card, List<Section> sections) {}

    /** The newest verdicts on all candidates, the newest first. */
    @GET
    @RolesAllowed(Role.Id.VIEWER)
    public List<Listed> list() {
        return releases.newest().stream()
                .map(release -> new Listed(
                        release.model(), release.run(), release.reference().sha256(), release.verdict()))
                .toList();
    }

    /** The card of the release that a run has made; 404 if there is none. */
    @GET
    @Path("{run}")
    @RolesAllowed(Role.Id.VIEWER)
    public Response card(@PathParam("run") String run) {
        return answer(
                run, card -> Response.ok(new Shown(card, CardSections.of(card))).build());
    }

    /** The same as the README of a model, in the visitor's language. */
    @GET
    @Path("{run}/README.md")
    @Produces("text/markdown;charset=UTF-8")
    @RolesAllowed(Role.Id.VIEWER)
    public Response markdown(@PathParam("run") String run, @BeanParam Visitor visitor) {
        return answer(run, card -> Response.ok(MarkdownCard.of(card, visitor.language()))
                .type("text/markdown;charset=UTF-8")
                .build());
    }

    private Response answer(String run, Function<ModelCard, Response> answer) {
        Optional<ModelRelease> release = releases.newest().stream()
                .filter(each -> each.run().equals(run))
                .findFirst();
        if (release.isEmpty()) {
            return Refusal.of(
                    Response.Status.NOT_FOUND, Reason.of("card.unknown").with("run", run));
        }
        try {
            return answer.apply(reader.card(release.get()));
        } catch (IOException e) {
            LOG.warnf(e, "No card of run %s", run);
            return Refusal.of(
                    Response.Status.SERVICE_UNAVAILABLE,
                    Reason.of("card.unreadable").with("run", run));
        }
    }
}
