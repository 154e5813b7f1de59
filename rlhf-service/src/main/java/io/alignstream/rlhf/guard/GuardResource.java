package io.alignstream.rlhf.guard;

import io.alignstream.contracts.Topic;
import io.alignstream.contracts.access.Role;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.guard.GuardDecision;
import io.alignstream.contracts.guard.GuardDecision.Verdict;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.JobControl;
import io.alignstream.stageruntime.JobStatus;
import io.alignstream.stageruntime.access.Caller;
import io.alignstream.stageruntime.kafka.EventPublisher;
import io.alignstream.stageruntime.web.Refusal;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the guard sees of the newest run, and a person's decision about one that it has paused. */
@Path("guard")
@Produces(MediaType.APPLICATION_JSON)
@Singleton
public class GuardResource {

    private final Guard guard;
    private final JobControl control;
    private final EventPublisher publisher;
    private final Caller caller;

    GuardResource(Guard guard, JobControl control, EventPublisher publisher, Caller caller) {
        this.caller = caller;
        this.guard = guard;
        this.control = control;
        this.publisher = publisher;
    }

    /**
     * A person's wish, not looked at yet.
     *
     * @param verdict continued or ended
     * @param by the person's name, 1 to 100 characters
     * @param reason 1 to 2000 characters
     */
    public record Request(@Nullable String verdict, @Nullable String by, @Nullable String reason) {}

    /** The run that was heard of last: reward and judge by KL, and the newest decision about it. */
    @GET
    @RolesAllowed(Role.Id.VIEWER)
    public Guard.Report report() {
        return guard.report();
    }

    /**
     * Lets the paused {@code run} go on, or ends it with its best policy; 201 when the topic has the decision.
     *
     * <p>One decision at a time, and each sees the one before, also where the reader of the topic does not yet.
     */
    @POST
    @Path("{run}")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed(Role.Id.OPERATOR)
    public synchronized Response decide(@PathParam("run") String run, @Nullable Request request) {
        if (request == null) {
            return Refusal.of(Response.Status.BAD_REQUEST, Reason.of("guard.noDecision"));
        }
        Optional<Verdict> verdict = Arrays.stream(Verdict.values())
                .filter(one -> one != Verdict.PAUSED && one.id().equals(request.verdict()))
                .findFirst();
        if (verdict.isEmpty()) {
            return Refusal.of(
                    Response.Status.BAD_REQUEST,
                    Reason.of("guard.unknownVerdict").with("verdict", String.valueOf(request.verdict())));
        }
        JobStatus status = control.status();
        if (status.state() == JobStatus.State.STARTING) {
            return Refusal.of(
                    Response.Status.SERVICE_UNAVAILABLE,
                    Reason.of("release.starting").with("reason", status.reason()));
        }
        Optional<GuardDecision> known = guard.decision(run);
        if (known.isEmpty()) {
            return Refusal.of(
                    Response.Status.NOT_FOUND, Reason.of("guard.unknown").with("run", run));
        }
        if (known.get().verdict() != Verdict.PAUSED) {
            return Refusal.of(
                    Response.Status.CONFLICT,
                    Reason.of("guard.notPaused")
                            .with("run", run)
                            .with(
                                    "verdict",
                                    Reason.of("verdict." + known.get().verdict().id())));
        }
        GuardDecision decision;
        try {
            decision = decided(known.get(), verdict.get(), request);
        } catch (InvalidInputException e) {
            return Refusal.of(Response.Status.BAD_REQUEST, e.reason());
        }
        guard.put(decision, publisher.publish(Topic.GUARD_DECISIONS, decision).offset());
        return Response.status(Response.Status.CREATED).entity(decision).build();
    }

    @SuppressWarnings("NullAway") // the record refuses what is missing, with a message for the sender
    private GuardDecision decided(GuardDecision paused, Verdict verdict, Request request) {
        return paused.decided(verdict, caller.named(request.by()), request.reason());
    }
}
