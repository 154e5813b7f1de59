package io.alignstream.stageruntime.web;

import io.alignstream.contracts.access.Role;
import io.alignstream.contracts.messages.Explained;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.letters.DeadLetters;
import io.alignstream.stageruntime.letters.DeadLetters.PoisonEvent;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;

/** What could not be processed, as people look at it, take it home and have it replayed. */
@Path("dead-letters")
@Produces(MediaType.APPLICATION_JSON)
public class DeadLettersResource {

    private final DeadLetters deadLetters;

    DeadLettersResource(DeadLetters deadLetters) {
        this.deadLetters = deadLetters;
    }

    /** Poison events of the followed topics, newest first. */
    @GET
    @RolesAllowed(Role.Id.VIEWER)
    public List<PoisonEvent> deadLetters() {
        return deadLetters.recent();
    }

    /**
     * The record of a poison event as it stands on its topic; 404 for any other record, 410 if it is not there any more, 503
     * if the broker is silent.
     */
    @GET
    @Path("{topic}/{partition}/{offset}")
    @RolesAllowed({Role.Id.REVIEWER, Role.Id.OPERATOR})
    public Response deadLetter(
            @PathParam("topic") String topic,
            @PathParam("partition") String partition,
            @PathParam("offset") String offset) {
        return look(
                topic, partition, offset, event -> deadLetters.original(event).map(Response::ok));
    }

    /** Its value, byte for byte. */
    @GET
    @Path("{topic}/{partition}/{offset}/value")
    @Produces({MediaType.APPLICATION_OCTET_STREAM, MediaType.APPLICATION_JSON})
    @RolesAllowed({Role.Id.REVIEWER, Role.Id.OPERATOR})
    public Response value(
            @PathParam("topic") String topic,
            @PathParam("partition") String partition,
            @PathParam("offset") String offset) {
        return look(topic, partition, offset, event -> deadLetters.value(event).map(bytes -> Response.ok(
                        bytes, MediaType.APPLICATION_OCTET_STREAM)
                .header(
                        HttpHeaders.CONTENT_DISPOSITION,
                        "attachment; filename=\"%s-%d-%d.bin\""
                                .formatted(event.topic(), event.partition(), event.offset()))));
    }

    private Response look(
            String topic,
            String partition,
            String offset,
            Function<PoisonEvent, Optional<Response.ResponseBuilder>> shown) {
        return find(topic, partition, offset)
                .map(event -> answered(topic, () -> shown.apply(event)
                        .map(Response.ResponseBuilder::build)
                        .orElseGet(() -> gone(event))))
                .orElseGet(() -> unknown(topic));
    }

    private static Response answered(String topic, Supplier<Response> answer) {
        try {
            return answer.get();
        } catch (KafkaException e) {
            return Refusal.of(
                    Response.Status.SERVICE_UNAVAILABLE,
                    e instanceof Explained refused
                            ? refused.reason()
                            : about("deadLetters.noAnswer", topic)
                                    .with("detail", Objects.requireNonNullElse(e.getMessage(), e.toString())));
        }
    }

    /** Publishes one once more. */
    @POST
    @Path("{topic}/{partition}/{offset}/replay")
    @RolesAllowed(Role.Id.OPERATOR)
    public Response replay(
            @PathParam("topic") String topic,
            @PathParam("partition") String partition,
            @PathParam("offset") String offset) {
        return replay(topic, find(topic, partition, offset).stream().toList());
    }

    /** Publishes all of a topic once more that are remembered and were not replayed yet. */
    @POST
    @Path("{topic}/replay")
    @RolesAllowed(Role.Id.OPERATOR)
    public Response replay(@PathParam("topic") String topic) {
        return replay(
                topic,
                deadLetters.recent().stream()
                        .filter(event -> event.topic().equals(topic) && !event.replayed())
                        .toList());
    }

    private Response replay(String topic, List<PoisonEvent> events) {
        if (events.isEmpty()) {
            return unknown(topic);
        }
        return switch (events.getFirst().replay()) {
            case HERE ->
                answered(topic, () -> Response.ok(deadLetters.replay(events)).build());
            case COMMAND -> Refusal.of(Response.Status.CONFLICT, about("deadLetters.notHere", topic));
            case NOBODY -> Refusal.of(Response.Status.CONFLICT, about("replay.nobody", topic));
        };
    }

    private static Reason about(String code, String topic) {
        return Reason.of(code).with("topic", topic);
    }

    private Optional<PoisonEvent> find(String topic, String partition, String offset) {
        return deadLetters.recent().stream()
                .filter(event -> event.topic().equals(topic)
                        && Integer.toString(event.partition()).equals(partition)
                        && Long.toString(event.offset()).equals(offset))
                .findFirst();
    }

    private static Response gone(PoisonEvent event) {
        return Refusal.of(
                Response.Status.GONE,
                Reason.of("deadLetters.gone").with("topic", event.topic()).with("offset", event.offset()));
    }

    private static Response unknown(String topic) {
        return Refusal.of(
                Response.Status.NOT_FOUND, Reason.of("deadLetters.unknown").with("topic", topic));
    }
}
