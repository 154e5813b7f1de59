package io.alignstream.rlhf.release;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.access.Role;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.DamagedCheckpointException;
import io.alignstream.stageruntime.JobControl;
import io.alignstream.stageruntime.JobStatus;
import io.alignstream.stageruntime.access.Caller;
import io.alignstream.stageruntime.kafka.EventPublisher;
import io.alignstream.stageruntime.web.Refusal;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The releases, and a person's decision about one. */
@Path("releases")
@Produces(MediaType.APPLICATION_JSON)
@Singleton
public class ReleasesResource {

    private static final int PAGE = 50;

    private final Releases releases;
    private final JobControl control;
    private final EventPublisher publisher;
    private final Caller caller;
    private final CheckpointStore store;

    ReleasesResource(
            Releases releases, JobControl control, EventPublisher publisher, Caller caller, CheckpointStore store) {
        this.store = store;
        this.caller = caller;
        this.releases = releases;
        this.control = control;
        this.publisher = publisher;
    }

    /**
     * The newest verdict on a candidate.
     *
     * @param key names the release in its address: {@code model/run}
     * @param reference the candidate's folder
     * @param decidedBy name of the person who decided, null where the gate did
     * @param figures what the gate measured on held-out prompts
     * @param possible the verdicts that a person may give now
     */
    public record Release(
            String key,
            String model,
            String run,
            Reference reference,
            ModelRelease.Verdict verdict,
            Reason reason,
            @Nullable String decidedBy,
            Map<String, Double> figures,
            List<ModelRelease.Verdict> possible) {

        static Release of(ModelRelease release) {
            return new Release(
                    Topic.MODEL_RELEASES.key(release),
                    release.model(),
                    release.run(),
                    release.reference(),
                    release.verdict(),
                    release.why(),
                    release.decidedBy(),
                    new TreeMap<>(release.figures()),
                    ReleaseDecision.possible(release.verdict()));
        }
    }

    /**
     * Some of the releases, the newest decision first.
     *
     * @param total how many there are on all pages
     * @param pageSize how many a page has
     */
    public record Page(int total, int pageSize, List<Release> releases) {}

    /**
     * A person's wish, not looked at yet.
     *
     * @param verdict approved, rejected or rolled-back
     * @param by the person's name, 1 to 100 characters
     * @param reason 1 to 2000 characters
     */
    public record Request(@Nullable String verdict, @Nullable String by, @Nullable String reason) {}

    /** Page {@code page} of the releases, counted from 0, with at most {@value #PAGE} of them. */
    @GET
    @RolesAllowed(Role.Id.VIEWER)
    public Page page(@QueryParam("page") @DefaultValue("0") int page) {
        List<Releases.Entry> all = releases.newestFirst();
        return new Page(
                all.size(),
                PAGE,
                all.stream()
                        .skip((long) PAGE * Math.max(0, page))
                        .limit(PAGE)
                        .map(entry -> Release.of(entry.release()))
                        .toList());
    }

    /**
     * Publishes a person's verdict on the release {@code key}; 201 when the topic has it.
     *
     * <p>To roll back is an operator's; to approve or reject against the gate an admin's alone. One decision at a time, and each sees the one before, also where the reader of the topic does not yet.
     */
    @POST
    @Path("{key: .+}")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed({Role.Id.OPERATOR, Role.Id.ADMIN})
    public synchronized Response decide(@PathParam("key") String key, @Nullable Request request) {
        if (request == null) {
            return Refusal.of(Response.Status.BAD_REQUEST, Reason.of("release.noDecision"));
        }
        ReleaseDecision decision;
        try {
            decision = ReleaseDecision.of(request.verdict(), caller.named(request.by()), request.reason());
        } catch (InvalidInputException e) {
            return Refusal.of(Response.Status.BAD_REQUEST, e.reason());
        }
        if (decision.verdict() != ModelRelease.Verdict.ROLLED_BACK && !caller.has(Role.Id.ADMIN)) {
            return Refusal.of(
                    Response.Status.FORBIDDEN,
                    Reason.of("refusal.role").with("name", decision.by()).with("role", Role.Id.ADMIN));
        }
        JobStatus status = control.status();
        if (status.state() == JobStatus.State.STARTING) {
            return Refusal.of(
                    Response.Status.SERVICE_UNAVAILABLE,
                    Reason.of("release.starting").with("reason", status.reason()));
        }
        Optional<Releases.Entry> found = releases.find(key);
        if (found.isEmpty()) {
            return Refusal.of(
                    Response.Status.NOT_FOUND, Reason.of("release.unknown").with("release", key));
        }
        Optional<Reason> fault;
        try {
            fault = decision.fault(found.get().release()).or(() -> unservable(found.get(), decision));
        } catch (UncheckedIOException e) {
            return Refusal.of(
                    Response.Status.SERVICE_UNAVAILABLE,
                    Reason.of("release.storeSilent").with("detail", String.valueOf(e.getMessage())));
        }
        return fault.map(reason -> Refusal.of(Response.Status.CONFLICT, reason))
                .orElseGet(() -> publish(found.get(), decision));
    }

    /** Why what would be served after the decision cannot be, because its files were removed. */
    private Optional<Reason> unservable(Releases.Entry entry, ReleaseDecision decision) {
        ModelRelease release = entry.release();
        if (decision.verdict() == ModelRelease.Verdict.APPROVED) {
            return removed(release).map(when -> Reason.of("release.removed")
                    .with("run", release.run())
                    .with("when", when.toString()));
        }
        List<ModelRelease> approved = releases.newestFirst().stream()
                .map(Releases.Entry::release)
                .filter(other ->
                        other.model().equals(release.model()) && other.verdict() == ModelRelease.Verdict.APPROVED)
                .limit(2)
                .toList();
        if (approved.size() < 2 || !approved.getFirst().run().equals(release.run())) {
            return Optional.empty(); // the same one is served as before, or none
        }
        return removed(approved.getLast()).map(when -> Reason.of("release.nextRemoved")
                .with("run", release.run())
                .with("next", approved.getLast().run())
                .with("when", when.toString()));
    }

    private Optional<Instant> removed(ModelRelease release) {
        try {
            return store.removed(release.reference());
        } catch (DamagedCheckpointException e) {
            return Optional.empty(); // whether it can be loaded shows when it is
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Response publish(Releases.Entry known, ReleaseDecision decision) {
        ModelRelease decided = known.release().decided(decision.verdict(), decision.by(), decision.reason());
        long offset = publisher.publish(Topic.MODEL_RELEASES, decided).offset();
        releases.put(new Releases.Entry(decided, known.key(), offset));
        if (!known.recordKey().equals(known.key())) {
            // A verdict under a former key would count beside this one.
            publisher.withdraw(Topic.MODEL_RELEASES, known.recordKey());
            releases.withdrawn(known.recordKey());
        }
        return Response.status(Response.Status.CREATED)
                .entity(Release.of(decided))
                .build();
    }
}
