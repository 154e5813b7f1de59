package io.alignstream.reward;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.access.Role;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.stageruntime.access.Caller;
import io.alignstream.stageruntime.kafka.EventPublisher;
import io.alignstream.stageruntime.web.Refusal;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A person promotes a reward model that was found worse than the one in use; RLHF follows. Thread-safe. */
@Path("/promotions")
@Singleton
@Produces(MediaType.APPLICATION_JSON)
public class Promotions {

    private final EventPublisher publisher;
    private final Caller caller;
    private final CheckpointStore store;
    private volatile List<Checkpoint> trained = List.of();

    Promotions(EventPublisher publisher, Caller caller, CheckpointStore store) {
        this.store = store;
        this.publisher = publisher;
        this.caller = caller;
    }

    /**
     * A person's wish, not looked at yet.
     *
     * @param by the person's name, 1 to 100 characters
     * @param reason 1 to 2000 characters
     */
    public record Request(@Nullable String by, @Nullable String reason) {}

    /** Learns of the finished reward models, oldest first. */
    void know(List<Checkpoint> models) {
        trained = List.copyOf(models);
    }

    /** Publishes the reward model of {@code run} again, promoted; 201 when the topic has it. */
    @POST
    @Path("{run}")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed(Role.Id.ADMIN)
    public Response promote(@PathParam("run") String run, @Nullable Request request) {
        Optional<Checkpoint> found = trained.stream()
                .filter(checkpoint -> checkpoint.run().equals(run))
                .findFirst();
        if (found.isEmpty()) {
            return Refusal.of(
                    Response.Status.NOT_FOUND, Reason.of("promotion.unknown").with("run", run));
        }
        if (found.get().promoted()) {
            return Refusal.of(
                    Response.Status.CONFLICT, Reason.of("promotion.already").with("run", run));
        }
        Optional<Instant> removed;
        try {
            removed = store.removed(found.get().reference());
        } catch (IOException e) {
            removed = Optional.empty(); // whether it can be loaded shows when it is
        }
        if (removed.isPresent()) {
            return Refusal.of(
                    Response.Status.CONFLICT,
                    Reason.of("promotion.removed")
                            .with("run", run)
                            .with("when", removed.get().toString()));
        }
        Checkpoint promoted;
        try {
            promoted = found.get()
                    .with(Checkpoint.Promotion.granted(
                            caller.named(request == null ? null : request.by()),
                            request == null ? null : request.reason()));
        } catch (InvalidInputException e) {
            return Refusal.of(Response.Status.BAD_REQUEST, e.reason());
        }
        publisher.publish(Topic.CHECKPOINTS, promoted);
        return Response.status(Response.Status.CREATED).entity(promoted).build();
    }
}
