package io.alignstream.reward;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
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
import org.jspecify.annotations.Nullable;

/** The ranking page and its two calls: the next request, and a ranking of it. */
@Path("/")
@Produces(MediaType.APPLICATION_JSON)
public class RewardResource {

    /** Recorded rankings of the sample world carry this name; no person may. */
    static final String RESERVED_ANNOTATOR = "sample-world";

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
     * A request as the page shows it.
     *
     * @param remaining requests that the annotator has not ranked, this one counted
     */
    public record Question(String requestId, List<Message> messages, List<String> answers, long remaining) {}

    /**
     * What the page sends: a {@link Ranking} without the guideline's version.
     *
     * @param scores one for each answer, or none
     * @param reasons one for each answer, or none
     */
    public record Judgement(
            @Nullable String requestId,
            @Nullable String annotator,
            @Nullable List<List<Integer>> order,
            @Nullable List<Double> scores,
            @Nullable List<String> reasons) {}

    /** How much there is to rank and how much is ranked. */
    public record Progress(int requests, int rankings) {}

    @GET
    @Path("rank")
    @Produces(MediaType.TEXT_HTML)
    public Response page(@BeanParam Visitor visitor) {
        return visitor.page(page.instance());
    }

    /** The next request for {@code annotator}; 204 if all are ranked. */
    @GET
    @Path("ranking-requests/next")
    public Response next(@QueryParam("annotator") @Nullable String annotator) {
        Optional<Reason> fault = fault(annotator);
        if (fault.isPresent() || annotator == null) {
            return Refusal.of(Response.Status.BAD_REQUEST, fault.orElse(NAMELESS));
        }
        Optional<RankingRequest> next = desk.next(annotator.strip());
        if (next.isEmpty()) {
            return Response.noContent().build();
        }
        RankingRequest request = next.get();
        return Response.ok(new Question(
                        request.requestId(), request.messages(), request.answers(), desk.remaining(annotator.strip())))
                .build();
    }

    /** Publishes a ranking; 201 when the topic has it. */
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
        Optional<Reason> mismatch = desk.fault(ranking);
        if (mismatch.isPresent()) {
            return Refusal.of(Response.Status.CONFLICT, mismatch.get());
        }
        publisher.publish(Topic.RANKINGS, ranking);
        desk.published(ranking);
        return Response.status(Response.Status.CREATED).entity(ranking).build();
    }

    @GET
    @Path("ranking-requests/progress")
    public Progress progress() {
        return new Progress(desk.requests(), desk.rankings());
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
        return annotator.strip().equalsIgnoreCase(RESERVED_ANNOTATOR)
                ? Optional.of(Reason.of("refusal.nameReserved").with("name", RESERVED_ANNOTATOR))
                : Optional.empty();
    }
}
