package io.alignstream.reward;

import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.reward.desk.Agreement;
import io.alignstream.reward.desk.Question;
import io.alignstream.reward.desk.RankingDesk;
import io.alignstream.stageruntime.kafka.EventPublisher;
import io.alignstream.stageruntime.web.Refusal;
import io.alignstream.stageruntime.web.Visitor;
import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The ranking page and its calls: the next request, and a ranking of it, or why there is none. */
@Path("/")
@Produces(MediaType.APPLICATION_JSON)
public class RewardResource {

    private static final Logger LOG = Logger.getLogger(RewardResource.class);
    private static final Reason NAMELESS = Reason.of("refusal.noName");
    private static final String GUIDELINE = "ranking-page-1";

    private final RankingDesk desk;
    private final EventPublisher publisher;
    private final Template page;

    RewardResource(RankingDesk desk, EventPublisher publisher, @Location("rank.html") Template page) {
        this.desk = desk;
        this.publisher = publisher;
        this.page = page;
    }

    /**
     * What the page sends: a {@link Ranking} without the guideline's version.
     *
     * @param scores one for each answer, or none
     * @param reasons one for each answer, or none
     * @param correction whether it is to replace what the annotator has said of this request before
     */
    public record Judgement(
            @Nullable String requestId,
            @Nullable String annotator,
            @Nullable List<List<Integer>> order,
            @Nullable List<Double> scores,
            @Nullable List<String> reasons,
            @Nullable Boolean correction) {}

    /**
     * What the page sends instead of a ranking.
     *
     * @param reason why the annotator cannot judge the request
     */
    public record Pass(@Nullable String requestId, @Nullable String annotator, @Nullable String reason) {}

    @GET
    @Path("rank")
    @Produces(MediaType.TEXT_HTML)
    public Response page(@BeanParam Visitor visitor) {
        return visitor.page(page.instance());
    }

    /** Leases the next request to {@code annotator}; 204 if none waits. */
    @GET
    @Path("ranking-requests/next")
    public Response next(@QueryParam("annotator") @Nullable String annotator) {
        Optional<Reason> fault = fault(annotator);
        if (fault.isPresent() || annotator == null) {
            return Refusal.of(Response.Status.BAD_REQUEST, fault.orElse(NAMELESS));
        }
        String name = annotator.strip();
        Optional<RankingRequest> next = desk.next(name);
        if (next.isEmpty()) {
            return Response.noContent().build();
        }
        return Response.ok(Question.of(next.get(), name, desk.remaining(name), desk.progress()))
                .build();
    }

    /** Publishes a ranking; 201 when the topic has it, 200 if it had it before. */
    @POST
    @Path("rankings")
    @Consumes(MediaType.APPLICATION_JSON)
    public Response rank(@Nullable Judgement judgement) {
        if (judgement == null) {
            return Refusal.of(Response.Status.BAD_REQUEST, Reason.of("refusal.noRanking"));
        }
        Optional<Reason> fault = fault(judgement.annotator());
        if (fault.isPresent()) {
            return Refusal.of(Response.Status.BAD_REQUEST, fault.get());
        }
        Ranking ranking;
        try {
            ranking = ranking(judgement);
        } catch (InvalidInputException e) {
            return Refusal.of(Response.Status.BAD_REQUEST, e.reason());
        }
        return switch (desk.receive(ranking, Boolean.TRUE.equals(judgement.correction()))) {
            case RankingDesk.Receipt.Refused(Reason reason) -> Refusal.of(Response.Status.CONFLICT, reason);
            case RankingDesk.Receipt.Known() -> Response.ok(ranking).build();
            case RankingDesk.Receipt.Accepted() -> {
                publish(ranking);
                yield Response.status(Response.Status.CREATED).entity(ranking).build();
            }
        };
    }

    private void publish(Ranking ranking) {
        boolean published = false;
        try {
            publisher.publish(Topic.RANKINGS, ranking);
            published = true;
        } finally {
            if (!published) {
                desk.failed(ranking);
            }
        }
    }

    /** Gives a request back that the annotator cannot judge: others get it. No event tells it, the log does. */
    @POST
    @Path("ranking-requests/passed")
    @Consumes(MediaType.APPLICATION_JSON)
    public Response pass(@Nullable Pass pass) {
        if (pass == null
                || pass.requestId() == null
                || pass.reason() == null
                || pass.reason().isBlank()) {
            return Refusal.of(Response.Status.BAD_REQUEST, Reason.of("refusal.noReason"));
        }
        Optional<Reason> fault = fault(pass.annotator());
        if (fault.isPresent() || pass.annotator() == null) {
            return Refusal.of(Response.Status.BAD_REQUEST, fault.orElse(NAMELESS));
        }
        String annotator = pass.annotator().strip();
        if (!desk.pass(pass.requestId(), annotator)) {
            return Refusal.of(
                    Response.Status.CONFLICT,
                    Reason.of("refusal.notGiven")
                            .with("request", pass.requestId())
                            .with("name", annotator));
        }
        LOG.infof("%s cannot judge request %s: %s", annotator, pass.requestId(), pass.reason());
        return Response.noContent().build();
    }

    @GET
    @Path("ranking-requests/progress")
    public RankingDesk.Progress progress() {
        return desk.progress();
    }

    /** How far the annotators agree about what two or more of them have ranked. */
    @GET
    @Path("ranking-requests/agreement")
    public Agreement agreement() {
        return desk.agreement();
    }

    @SuppressWarnings("NullAway") // the record refuses what is missing, with a message for the sender
    private static Ranking ranking(Judgement judgement) {
        return new Ranking(
                judgement.requestId(),
                judgement.annotator() == null ? null : judgement.annotator().strip(),
                judgement.order(),
                judgement.scores(),
                judgement.reasons(),
                GUIDELINE);
    }

    private static Optional<Reason> fault(@Nullable String annotator) {
        if (annotator == null || annotator.isBlank() || annotator.length() > 100 || annotator.contains("/")) {
            return Optional.of(NAMELESS);
        }
        return Optional.empty();
    }
}
