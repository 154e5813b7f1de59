package io.alignstream.inference.openai;

import com.fasterxml.jackson.databind.node.TextNode;
import io.alignstream.contracts.Feedback;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.inference.RecentResponses;
import io.alignstream.stageruntime.kafka.EventPublisher;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.jspecify.annotations.Nullable;

/** {@code POST /v1/feedback}: what a user thinks of a recent answer goes to the topic {@code feedback}. */
@Path("/v1/feedback")
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public class FeedbackResource {

    private final RecentResponses responses;
    private final EventPublisher publisher;

    FeedbackResource(RecentResponses responses, EventPublisher publisher) {
        this.responses = responses;
        this.publisher = publisher;
    }

    /** What was taken in. */
    public record Taken(String object, String response_id, Feedback.Thumb thumb) {}

    /** Takes {@code {"response_id": "chatcmpl-…", "thumb": "up" | "down", "correction": "…"}}, correction optional. */
    @POST
    @RunOnVirtualThread
    public Taken give(byte[] json) {
        Body body = Body.of(json);
        String id = body.text("response_id").orElseThrow(() -> ApiException.missing("response_id"));
        Feedback.Thumb thumb =
                switch (body.text("thumb").orElse("")) {
                    case "up" -> Feedback.Thumb.UP;
                    case "down" -> Feedback.Thumb.DOWN;
                    case String other ->
                        throw Body.wrong("thumb", TextNode.valueOf(other), Reason.of("api.mustBeThumb"));
                };
        String correction = body.text("correction").orElse(null);
        RecentResponses.Response response = responses.find(id).orElseThrow(() -> ApiException.unknownResponse(id));
        publisher.publish(Topic.FEEDBACK, feedback(id, thumb, correction, response));
        return new Taken("feedback", id, thumb);
    }

    private static Feedback feedback(
            String id, Feedback.Thumb thumb, @Nullable String correction, RecentResponses.Response response) {
        try {
            return new Feedback(id, thumb, response.messages(), response.answer(), correction, response.model());
        } catch (InvalidInputException e) {
            throw ApiException.invalid(
                    "correction",
                    Reason.of("api.invalid").with("parameter", "feedback").with("problem", e.reason()));
        }
    }
}
