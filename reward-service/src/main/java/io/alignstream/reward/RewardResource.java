package io.alignstream.reward;

import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.access.Role;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.judgement.Guideline;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.reward.desk.Agreement;
import io.alignstream.reward.desk.Draft;
import io.alignstream.reward.desk.Guidelines;
import io.alignstream.reward.desk.Publication;
import io.alignstream.reward.desk.Question;
import io.alignstream.reward.desk.RankingDesk;
import io.alignstream.stageruntime.access.AuditLog;
import io.alignstream.stageruntime.access.Caller;
import io.alignstream.stageruntime.kafka.EventPublisher;
import io.alignstream.stageruntime.web.Refusal;
import io.alignstream.stageruntime.web.Visitor;
import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The ranking page and its calls: the next request, and a ranking of it, or why there is none. */
@Path("/")
@Produces(MediaType.APPLICATION_JSON)
public class RewardResource {

    private static final int MAX_NAME = 100;

    private final RankingDesk desk;
    private final Guidelines guidelines;
    private final EventPublisher publisher;
    private final Caller caller;
    private final Template page;

    RewardResource(
            RankingDesk desk,
            Guidelines guidelines,
            EventPublisher publisher,
            Caller caller,
            @Location("rank.html") Template page) {
        this.caller = caller;
        this.desk = desk;
        this.guidelines = guidelines;
        this.publisher = publisher;
        this.page = page;
    }

    /**
     * What the page sends: a {@link Ranking}.
     *
     * @param scores one for each answer, or none
     * @param reasons one for each answer, or none
     * @param guideline version that the annotator has followed; the one in force if absent
     * @param correction whether it is to replace what the annotator has said of this request before
     */
    public record Judgement(
            @Nullable String requestId,
            @Nullable String annotator,
            @Nullable List<List<Integer>> order,
            @Nullable List<Double> scores,
            @Nullable List<String> reasons,
            @Nullable String guideline,
            @Nullable Boolean correction) {}

    /**
     * What the page sends instead of a ranking.
     *
     * @param cause of not judging
     * @param note the same in the annotator's words
     * @param guideline version that the annotator has followed; the one in force if absent
     */
    public record Pass(
            @Nullable String requestId,
            @Nullable String annotator,
            Ranking.Abstention.@Nullable Cause cause,
            @Nullable String note,
            @Nullable String guideline) {}

    /** What the page sends to have it back later, or on another device; see {@link Draft}. */
    public record Saved(
            @Nullable String requestId,
            @Nullable String annotator,
            @Nullable List<Integer> places,
            @Nullable List<String> scores,
            @Nullable List<String> reasons) {}

    @GET
    @Path("rank")
    @Produces(MediaType.TEXT_HTML)
    @RolesAllowed(Role.Id.ANNOTATOR)
    public Response page(@BeanParam Visitor visitor) {
        return visitor.page(page.instance());
    }

    /** The guideline in force, in the visitor's language where it is the built-in one. */
    @GET
    @Path("guidelines/current")
    @RolesAllowed({Role.Id.VIEWER, Role.Id.ANNOTATOR})
    public Guideline guideline(@BeanParam Visitor visitor) {
        Messages messages = visitor.messages();
        return guidelines
                .current()
                .orElseGet(() ->
                        new Guideline(Guidelines.BUILT_IN, messages.text(Reason.of("rank.guideline")), "Alignstream"));
    }

    /** Leases the next request to {@code annotator}; 204 if none waits. */
    @GET
    @Path("ranking-requests/next")
    @RolesAllowed(Role.Id.ANNOTATOR)
    public Response next(@QueryParam("annotator") @Nullable String annotator) {
        String name;
        try {
            name = name(caller, annotator);
        } catch (InvalidInputException e) {
            return Refusal.of(Response.Status.BAD_REQUEST, e.reason());
        }
        Optional<RankingRequest> next = desk.next(name);
        return next.isEmpty()
                ? Response.noContent().build()
                : Response.ok(Question.of(next.get(), name, desk, guidelines)).build();
    }

    /** Publishes a ranking; 201 when the topic has it, 200 if it had it before. */
    @POST
    @Path("rankings")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed(Role.Id.ANNOTATOR)
    public Response rank(@Nullable Judgement judgement) {
        if (judgement == null) {
            return Refusal.of(Response.Status.BAD_REQUEST, Reason.of("refusal.noRanking"));
        }
        return settle(() -> ranking(judgement), Boolean.TRUE.equals(judgement.correction()));
    }

    /** Publishes why the annotator cannot judge a request, which then goes to others; 201 when the topic has it. */
    @POST
    @Path("ranking-requests/passed")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed(Role.Id.ANNOTATOR)
    public Response pass(@Nullable Pass pass) {
        if (pass == null || pass.requestId() == null || pass.cause() == null) {
            return Refusal.of(Response.Status.BAD_REQUEST, Reason.of("refusal.noReason"));
        }
        return settle(() -> abstention(pass), false);
    }

    /** Makes a ranking of what came, or throws an {@link InvalidInputException}. */
    private interface Sent {
        Ranking read();
    }

    private Response settle(Sent sent, boolean correction) {
        Ranking ranking;
        try {
            ranking = sent.read();
        } catch (InvalidInputException e) {
            return Refusal.of(Response.Status.BAD_REQUEST, e.reason());
        }
        if (!guidelines.knows(ranking.guidelineVersion())) {
            return Refusal.of(
                    Response.Status.CONFLICT,
                    Reason.of("refusal.unknownGuideline").with("version", ranking.guidelineVersion()));
        }
        return settle(ranking, correction);
    }

    private Response settle(Ranking ranking, boolean correction) {
        return switch (desk.receive(ranking, correction)) {
            case RankingDesk.Receipt.Refused(Reason reason) -> Refusal.of(Response.Status.CONFLICT, reason);
            case RankingDesk.Receipt.Known() -> Response.ok(ranking).build();
            case RankingDesk.Receipt.OnItsWay(Publication publication) -> {
                publication.await();
                yield settle(ranking, correction);
            }
            case RankingDesk.Receipt.Accepted(Publication publication) -> {
                publish(publication);
                yield Response.status(Response.Status.CREATED).entity(ranking).build();
            }
        };
    }

    private void publish(Publication publication) {
        boolean succeeded = false;
        try {
            publisher.publish(Topic.RANKINGS, publication.ranking());
            succeeded = true;
        } finally {
            desk.over(publication, succeeded);
        }
    }

    /** Keeps an unfinished ranking, and its request for the annotator from now on; 204, or 409 if others have it. */
    @POST
    @Path("ranking-requests/draft")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed(Role.Id.ANNOTATOR)
    public Response save(@Nullable Saved saved, @Context RoutingContext call) {
        AuditLog.leaveOut(call);
        if (saved == null || saved.requestId() == null) {
            return Refusal.of(Response.Status.BAD_REQUEST, Reason.of("refusal.noRanking"));
        }
        String annotator;
        Draft draft;
        try {
            annotator = name(caller, saved.annotator());
            draft = draft(saved);
        } catch (InvalidInputException e) {
            return Refusal.of(Response.Status.BAD_REQUEST, e.reason());
        }
        return desk.save(saved.requestId(), annotator, draft)
                .map(fault -> Refusal.of(Response.Status.CONFLICT, fault))
                .orElseGet(() -> Response.noContent().build());
    }

    @GET
    @Path("ranking-requests/progress")
    @RolesAllowed({Role.Id.VIEWER, Role.Id.ANNOTATOR})
    public RankingDesk.Progress progress() {
        return desk.progress();
    }

    /** How far the annotators agree about what two or more of them have ranked. */
    @GET
    @Path("ranking-requests/agreement")
    @RolesAllowed(Role.Id.VIEWER)
    public Agreement agreement() {
        return desk.agreement();
    }

    @SuppressWarnings("NullAway") // the record refuses what is missing, with a message for the sender
    private Ranking ranking(Judgement judgement) {
        return new Ranking(
                judgement.requestId(),
                name(caller, judgement.annotator()),
                judgement.order(),
                judgement.scores(),
                judgement.reasons(),
                judgement.guideline() == null ? guidelines.version() : judgement.guideline());
    }

    @SuppressWarnings("NullAway") // as above
    private Ranking abstention(Pass pass) {
        return Ranking.abstained(
                pass.requestId(),
                name(caller, pass.annotator()),
                pass.guideline() == null ? guidelines.version() : pass.guideline(),
                new Ranking.Abstention(pass.cause(), pass.note() == null ? "" : pass.note()));
    }

    @SuppressWarnings("NullAway") // as above
    private static Draft draft(Saved saved) {
        return new Draft(saved.places(), saved.scores(), saved.reasons());
    }

    /**
     * Under what name {@code caller}, who says to be {@code said}, appears in events.
     *
     * @throws InvalidInputException if that is no name
     */
    static String name(Caller caller, @Nullable String said) {
        String name = caller.named(said);
        if (name == null || name.isBlank() || name.length() > MAX_NAME || name.contains("/")) {
            throw new InvalidInputException(Reason.of("refusal.noName"));
        }
        return name.strip();
    }
}
