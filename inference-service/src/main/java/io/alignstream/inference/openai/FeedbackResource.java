package io.alignstream.inference.openai;

import com.fasterxml.jackson.databind.node.TextNode;
import io.alignstream.contracts.Feedback;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.access.Role;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.inference.ClientRates;
import io.alignstream.inference.InferenceConfig;
import io.alignstream.inference.Receipts;
import io.alignstream.inference.RecentResponses;
import io.alignstream.inference.feedback.HeldOutPrompts;
import io.alignstream.inference.feedback.Lesson;
import io.alignstream.inference.openai.request.ApiException;
import io.alignstream.inference.openai.request.Body;
import io.alignstream.stageruntime.access.Caller;
import io.alignstream.stageruntime.kafka.EventPublisher;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * {@code POST /v1/feedback}: what a user thinks of a recent answer goes to the topic {@code feedback}, and what is to be
 * learned from it to the topics of those who learn.
 */
@Path("/v1/feedback")
@Singleton
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public class FeedbackResource {

    private static final String ANONYMOUS = "anonymous";

    private final RecentResponses responses;
    private final Receipts receipts;
    private final HeldOutPrompts heldOut;
    private final Lessons lessons;
    private final EventPublisher publisher;
    private final ClientRates rates;
    private final Caller caller;

    FeedbackResource(
            RecentResponses responses,
            Receipts receipts,
            HeldOutPrompts heldOut,
            Lessons lessons,
            EventPublisher publisher,
            Caller caller,
            InferenceConfig config) {
        this.caller = caller;
        this.rates = new ClientRates(config.feedbackPerMinute());
        this.responses = responses;
        this.receipts = receipts;
        this.heldOut = heldOut;
        this.lessons = lessons;
        this.publisher = publisher;
    }

    /**
     * What was taken in.
     *
     * @param became what is done with it
     */
    public record Taken(String object, String response_id, Feedback.Thumb thumb, Reason became) {}

    /**
     * Takes {@code {"response_id": "chatcmpl-…", "thumb": "up" | "down"}}, with {@code correction}, a better answer, or
     * {@code better_than}, the id of another answer to the same, and {@code user}, a pseudonym. With {@code receipt}, as it
     * stands in the response, and {@code better_than_receipt} the answers may be of any instance and any age.
     */
    @POST
    @RunOnVirtualThread
    @RolesAllowed(Role.Id.CLIENT)
    public Taken give(byte[] json, @Context RoutingContext http) {
        String client = Caller.of(http);
        Duration wait = rates.take(client);
        if (wait.isPositive()) {
            throw ApiException.busy((int) wait.plusSeconds(1).toSeconds());
        }
        Body body = Body.of(json);
        String id = body.text("response_id").orElseThrow(() -> ApiException.missing("response_id"));
        Feedback.Thumb thumb = thumb(body);
        String user = user(body);
        RecentResponses.Response response = response(id, client, body, "receipt");
        Optional<RecentResponses.Response> worse = worse(thumb, response, client, body);
        Feedback feedback = feedback(id, thumb, response, worse, body.text("correction"));
        Set<String> truncated = Stream.concat(Stream.of(response), worse.stream())
                .filter(RecentResponses.Response::truncated)
                .map(RecentResponses.Response::answer)
                .collect(Collectors.toSet());
        Lesson lesson = lesson(feedback, truncated, user);
        // What is learned comes first: who gets an error and tries again repeats it without harm.
        lessons.teach(client, id, feedback.messages(), lesson);
        publisher.publish(Topic.FEEDBACK, feedback);
        return new Taken("feedback", id, thumb, lesson.summary());
    }

    private RecentResponses.Response response(String id, String client, Body body, String receipt) {
        Optional<RecentResponses.Response> recent = responses.find(id, client);
        if (recent.isPresent()) {
            return recent.get();
        }
        String given = body.text(receipt).orElseThrow(() -> ApiException.unknownResponse("response_id", id));
        return receipts.open(id, given)
                .orElseThrow(() -> ApiException.invalid(
                        receipt, Reason.of("feedback.otherReceipt").with("id", id)));
    }

    private static Feedback.Thumb thumb(Body body) {
        return switch (body.text("thumb").orElse("")) {
            case "up" -> Feedback.Thumb.UP;
            case "down" -> Feedback.Thumb.DOWN;
            case String other -> throw Body.wrong("thumb", TextNode.valueOf(other), Reason.of("api.mustBeThumb"));
        };
    }

    /** Who says so; users of different clients are different ones, whatever they are called. */
    private String user(Body body) {
        String user = body.text("user").orElse(ANONYMOUS);
        if (!user.matches("[A-Za-z0-9._-]{1,64}")) {
            throw Body.wrong("user", TextNode.valueOf(user), Reason.of("api.mustBePseudonym"));
        }
        String client = caller.name();
        return receipts.pseudonym(client == null ? "" : client, user)
                .orElseThrow(() -> ApiException.refused(503, Reason.of("feedback.noSecret")));
    }

    /** The response that is said to be worse than {@code response}. */
    private Optional<RecentResponses.Response> worse(
            Feedback.Thumb thumb, RecentResponses.Response response, String client, Body body) {
        Optional<String> other = body.text("better_than");
        if (other.isPresent()
                && (thumb == Feedback.Thumb.DOWN || body.text("correction").isPresent())) {
            throw ApiException.invalid("better_than", Reason.of("feedback.mixed"));
        }
        Optional<RecentResponses.Response> worse =
                other.map(otherId -> response(otherId, client, body, "better_than_receipt"));
        if (worse.isPresent() && !worse.get().messages().equals(response.messages())) {
            throw ApiException.invalid("better_than", Reason.of("feedback.otherQuestion"));
        }
        requireDifferent(response.answer(), worse.map(RecentResponses.Response::answer), "better_than");
        return worse;
    }

    private static Feedback feedback(
            String id,
            Feedback.Thumb thumb,
            RecentResponses.Response response,
            Optional<RecentResponses.Response> worse,
            Optional<String> correction) {
        requireDifferent(response.answer(), correction, "correction");
        try {
            return new Feedback(
                    id,
                    thumb,
                    response.messages(),
                    response.answer(),
                    correction.orElse(null),
                    response.model(),
                    worse.map(RecentResponses.Response::answer).orElse(null));
        } catch (InvalidInputException e) {
            throw invalid(e);
        }
    }

    private static void requireDifferent(String answer, Optional<String> other, String parameter) {
        if (other.filter(text -> text.strip().equals(answer.strip())).isPresent()) {
            throw ApiException.invalid(parameter, Reason.of("feedback.sameAnswer"));
        }
    }

    private Lesson lesson(Feedback feedback, Set<String> truncated, String user) {
        try {
            return Lesson.of(feedback, truncated, user, heldOut.areAskedBy(feedback.messages()));
        } catch (InvalidInputException e) {
            throw invalid(e);
        }
    }

    private static ApiException invalid(InvalidInputException e) {
        return ApiException.invalid(
                "correction",
                Reason.of("api.invalid").with("parameter", "feedback").with("problem", e.reason()));
    }
}
