package io.alignstream.reward;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.access.Role;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.contracts.judgement.Guideline;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.reward.desk.DistinctAnswers;
import io.alignstream.reward.desk.RankingDesk;
import io.alignstream.reward.desk.Recent;
import io.alignstream.reward.desk.Review;
import io.alignstream.stageruntime.access.Caller;
import io.alignstream.stageruntime.kafka.EventPublisher;
import io.alignstream.stageruntime.web.Refusal;
import io.alignstream.stageruntime.web.Visitor;
import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What reviewers see and admins set: disagreements, guidelines and gold requests. */
@Path("/")
@Produces(MediaType.APPLICATION_JSON)
public class ReviewResource {

    private static final int VERSION_DIGITS = 12;
    private static final Duration REVIEW_AGE = Duration.ofSeconds(3);

    private final Recent<Review> review;
    private final EventPublisher publisher;
    private final Caller caller;
    private final Template page;

    ReviewResource(RankingDesk desk, EventPublisher publisher, Caller caller, @Location("review.html") Template page) {
        this.caller = caller;
        this.review = new Recent<>(() -> Review.of(desk), REVIEW_AGE, InstantSource.system());
        this.publisher = publisher;
        this.page = page;
    }

    /** What an admin sends to replace the guideline. */
    public record NewGuideline(@Nullable String author, @Nullable String text) {}

    /**
     * What an admin sends to find out how well people judge.
     *
     * @param order that is right: groups of tied answer indexes, best first
     * @param tags shown with the request
     */
    public record NewGold(
            @Nullable String author,
            @Nullable List<Message> messages,
            @Nullable List<String> answers,
            @Nullable List<List<Integer>> order,
            @Nullable Map<String, String> tags) {}

    @GET
    @Path("rank/review")
    @Produces(MediaType.TEXT_HTML)
    @RolesAllowed(Role.Id.REVIEWER)
    public Response page(@BeanParam Visitor visitor) {
        return visitor.page(page.instance());
    }

    /** How far people agree, and where they do not; for reviewers. Some seconds old at most. */
    @GET
    @Path("rankings/review")
    @RolesAllowed(Role.Id.REVIEWER)
    public Review review() {
        return review.get();
    }

    /** Publishes a guideline, which is in force from then on; 201. The same text is the same version. */
    @POST
    @Path("guidelines")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed(Role.Id.ADMIN)
    public Response publish(@Nullable NewGuideline guideline) {
        String text = guideline == null ? null : guideline.text();
        if (guideline == null || text == null) {
            return Refusal.of(Response.Status.BAD_REQUEST, Reason.of("refusal.noGuideline"));
        }
        String version = Sha256.hex(text).substring(0, VERSION_DIGITS);
        return publish(Topic.GUIDELINES, guideline.author(), author -> new Guideline(version, text, author));
    }

    /** Publishes a gold request, whose id looks like any other; 201. */
    @POST
    @Path("ranking-requests/gold")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed(Role.Id.ADMIN)
    public Response ask(@Nullable NewGold gold) {
        List<Message> messages = gold == null ? null : gold.messages();
        List<String> answers = gold == null ? null : gold.answers();
        List<List<Integer>> order = gold == null ? null : gold.order();
        if (gold == null || messages == null || answers == null || order == null) {
            return Refusal.of(Response.Status.BAD_REQUEST, Reason.of("refusal.noGold"));
        }
        String id = AnswerSampling.requestId(messages + "\n" + answers);
        return publish(Topic.RANKING_REQUESTS, gold.author(), author -> {
            Map<String, String> tags = new HashMap<>(gold.tags() == null ? Map.of() : gold.tags());
            tags.put(RankingRequest.GOLD, RankingRequest.goldTag(order));
            RankingRequest request = new RankingRequest(id, messages, answers, null, tags);
            if (!DistinctAnswers.of(answers).areApartIn(order)) {
                throw new InvalidInputException(Reason.of("refusal.goldOrdersNothing"));
            }
            return request;
        });
    }

    /** Makes an event of what an admin sends. */
    private interface Event<T> {
        T by(String author);
    }

    private <T> Response publish(Topic<T> topic, @Nullable String author, Event<T> event) {
        try {
            T made = event.by(RewardResource.name(caller, author));
            publisher.publish(topic, made);
            return Response.status(Response.Status.CREATED).entity(made).build();
        } catch (InvalidInputException e) {
            return Refusal.of(Response.Status.BAD_REQUEST, e.reason());
        }
    }
}
