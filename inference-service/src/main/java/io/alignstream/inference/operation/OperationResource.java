package io.alignstream.inference.operation;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.access.Role;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.inference.InferenceConfig;
import io.alignstream.inference.ServedModel;
import io.alignstream.inference.generation.Generations;
import io.alignstream.inference.generation.RecentTimes;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.DamagedCheckpointException;
import io.alignstream.stageruntime.access.Caller;
import io.alignstream.stageruntime.kafka.EventPublisher;
import io.alignstream.stageruntime.web.Refusal;
import io.alignstream.training.memory.MemoryPlan;
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
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** How the service does, and the way back to the version before. */
@Path("/operation")
@Produces(MediaType.APPLICATION_JSON)
@Singleton
public class OperationResource {

    private final InferenceConfig config;
    private final ServedModel served;
    private final Generations generations;
    private final CheckpointStore store;
    private final EventPublisher publisher;
    private final Caller caller;

    OperationResource(
            InferenceConfig config,
            ServedModel served,
            Generations generations,
            CheckpointStore store,
            EventPublisher publisher,
            Caller caller) {
        this.config = config;
        this.served = served;
        this.generations = generations;
        this.store = store;
        this.publisher = publisher;
        this.caller = caller;
    }

    /**
     * How the service does.
     *
     * @param versions every approved release, newest first
     * @param canaryShare of the clients that get a release on trial, 0 to 1; empty while none is
     * @param times of late, of requests and tokens
     * @param queue what waits
     * @param memory bytes
     */
    public record Operation(
            List<Version> versions, @Nullable Double canaryShare, Times times, Queue queue, Memory memory) {}

    /**
     * An approved release.
     *
     * @param role {@code stable}, {@code trial}, {@code older}
     * @param loadedAt when it came into memory; null if it is not there
     * @param bytes of memory that it takes; 0 if it is not there
     * @param cache share of its room for texts that is in use, 0 to 1
     * @param figures by the gate
     * @param next sha256 of what is served if this one is rolled back; null if that changes nothing, empty if nothing is
     */
    public record Version(
            String run,
            String sha256,
            String role,
            @Nullable Instant loadedAt,
            long bytes,
            double cache,
            @Nullable String decidedBy,
            Map<String, Double> figures,
            @Nullable String next) {}

    /**
     * Seconds, as distributions over the last minutes.
     *
     * @param waiting from the request to its turn
     * @param firstToken from the request to its first token
     * @param betweenTokens from one token of an answer to the next
     */
    public record Times(
            int minutes,
            RecentTimes.Distribution waiting,
            RecentTimes.Distribution firstToken,
            RecentTimes.Distribution betweenTokens) {}

    /**
     * Requests now.
     *
     * @param waiting of {@code mostWaiting}
     * @param writing of {@code mostWriting}
     */
    public record Queue(int waiting, int mostWaiting, int writing, int mostWriting) {}

    /**
     * Memory now.
     *
     * @param models bytes of all models and their room for texts
     * @param available bytes that the process can have, those that it has among them
     */
    public record Memory(long models, long available) {}

    /**
     * A person's wish to go back.
     *
     * @param by the person's name; who signed in may leave it out
     * @param reason 1 to 2000 characters
     */
    public record Request(@Nullable String by, @Nullable String reason) {}

    @GET
    @RolesAllowed(Role.Id.VIEWER)
    public Operation operation() {
        List<ServedModel.Standing> standings = served.standings();
        return new Operation(
                standings.stream().map(standing -> version(standing, standings)).toList(),
                standings.stream().anyMatch(ServedModel.Standing::trial)
                        ? config.canary().share()
                        : null,
                new Times(
                        RecentTimes.MINUTES,
                        generations.waitingTimes().recent(),
                        generations.firstTokenTimes().recent(),
                        generations.tokenTimes().recent()),
                new Queue(generations.waiting(), config.queue(), generations.writing(), config.concurrentRequests()),
                new Memory(served.memory(), MemoryPlan.availableNow()));
    }

    /**
     * Takes the approval of the release of {@code run} back, for every instance; 201 when the topic has it. Again, it is known
     * and 409.
     */
    @POST
    @Path("rollback/{run}")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed(Role.Id.OPERATOR)
    public synchronized Response rollBack(@PathParam("run") String run, @Nullable Request request) {
        List<ServedModel.Standing> standings = served.standings();
        Optional<ServedModel.Standing> found = standings.stream()
                .filter(standing -> standing.release().run().equals(run))
                .findFirst();
        if (found.isEmpty()) {
            return Refusal.of(
                    Response.Status.CONFLICT, Reason.of("operation.notApproved").with("run", run));
        }
        ModelRelease decided;
        try {
            decided = found.get()
                    .release()
                    .decided(
                            ModelRelease.Verdict.ROLLED_BACK,
                            given(caller.named(request == null ? null : request.by())),
                            given(request == null ? null : request.reason()));
        } catch (InvalidInputException e) {
            return Refusal.of(Response.Status.BAD_REQUEST, e.reason());
        }
        Optional<Reason> fault = unservable(next(found.get(), standings), run);
        if (fault.isPresent()) {
            return Refusal.of(Response.Status.CONFLICT, fault.get());
        }
        publisher.publish(Topic.MODEL_RELEASES, decided);
        return Response.status(Response.Status.CREATED).entity(decided).build();
    }

    private static String given(@Nullable String text) {
        return text == null ? "" : text.strip();
    }

    /** Why what would be served then cannot be: its files were removed. */
    private Optional<Reason> unservable(Optional<ServedModel.Standing> next, String run) {
        try {
            return next.isEmpty() || next.get().loaded().isPresent()
                    ? Optional.empty()
                    : store.removed(next.get().release().reference()).map(when -> Reason.of("release.nextRemoved")
                            .with("run", run)
                            .with("next", next.get().release().run())
                            .with("when", when.toString()));
        } catch (DamagedCheckpointException e) {
            return Optional.empty(); // whether it can be loaded shows when it is
        } catch (IOException e) {
            return Optional.of(Reason.of("release.storeSilent").with("detail", String.valueOf(e.getMessage())));
        }
    }

    private static Version version(ServedModel.Standing standing, List<ServedModel.Standing> all) {
        ModelRelease release = standing.release();
        boolean matters = standing.stable() || standing.trial();
        return new Version(
                release.run(),
                release.reference().sha256(),
                standing.trial() ? "trial" : standing.stable() ? "stable" : "older",
                standing.loaded().map(ServedModel.Loaded::at).orElse(null),
                standing.loaded().map(ServedModel.Loaded::bytes).orElse(0L),
                standing.loaded().map(ServedModel.Loaded::cache).orElse(0.0),
                release.decidedBy(),
                new TreeMap<>(release.figures()),
                matters
                        ? next(standing, all)
                                .map(next -> next.release().reference().sha256())
                                .orElse("")
                        : null);
    }

    /** What is served when {@code gone} is not: the newest of the others. */
    private static Optional<ServedModel.Standing> next(ServedModel.Standing gone, List<ServedModel.Standing> all) {
        return all.stream().filter(standing -> !standing.equals(gone)).findFirst();
    }
}
