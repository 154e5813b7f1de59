package io.alignstream.stageruntime.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.contracts.access.Role;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.guard.StageControl;
import io.alignstream.contracts.incident.Incident;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.JobControl;
import io.alignstream.stageruntime.JobStatus;
import io.alignstream.stageruntime.RunRecord;
import io.alignstream.stageruntime.access.Caller;
import io.alignstream.stageruntime.runner.StageRunner;
import io.alignstream.stageruntime.tracing.Tracing;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The stage's job: where it stands, and a person's hand on it. */
@Path("/")
@Produces(MediaType.APPLICATION_JSON)
public class JobResource {

    private final JobControl control;
    private final Caller caller;
    private final StageRunner runner;
    private final Tracing tracing;
    private final ObjectMapper json;

    JobResource(JobControl control, Caller caller, StageRunner runner, Tracing tracing, ObjectMapper json) {
        this.tracing = tracing;
        this.json = json;
        this.runner = runner;
        this.control = control;
        this.caller = caller;
    }

    /**
     * Who asks for something and why; both may be left out.
     *
     * @param by the person's name, 1 to 100 characters; who signed in may leave it out
     * @param reason 1 to 2000 characters
     */
    public record Request(@Nullable String by, @Nullable String reason) {}

    @GET
    @Path("job")
    @RolesAllowed(Role.Id.VIEWER)
    public JobStatus job() {
        return control.status();
    }

    /** What the running or last job needs of memory and what there was before it started, or why that is not known. */
    @GET
    @Path("job/plan")
    @RolesAllowed(Role.Id.VIEWER)
    public JobPlan plan() {
        return JobPlan.of(control.status());
    }

    /** Workers of the stage's runs, of this one and earlier ones, that came to different bits from the same; the newest first. */
    @GET
    @Path("job/incidents")
    @RolesAllowed(Role.Id.VIEWER)
    public List<Incident> incidents() {
        return runner.incidents().reversed();
    }

    /** The charts: {@code {"run": …, "loss": [[step, value], …], …}}. */
    @GET
    @Path("job/series")
    @RolesAllowed(Role.Id.VIEWER)
    public Map<String, Object> series() {
        JobControl.Charts charts = control.charts();
        Map<String, Object> series = new LinkedHashMap<>();
        series.put("run", charts.run());
        series.putAll(charts.metrics());
        return series;
    }

    /** What a trigger would do now; the reason is null while a job runs and until that is known, a moment after the first call. */
    @GET
    @Path("job/trigger")
    @RolesAllowed(Role.Id.VIEWER)
    public OnTrigger onTrigger() {
        @Nullable
        Double seconds = control.runs().stream()
                .filter(run -> run.outcome() == RunRecord.Outcome.FINISHED)
                .findFirst()
                .map(run -> Duration.between(run.begun(), run.changed()).toMillis() / 1e3)
                .orElse(null);
        return new OnTrigger(control.onTrigger().orElse(null), seconds);
    }

    /**
     * What a trigger would do.
     *
     * @param lastSeconds from beginning to end of the newest remembered run that has a result: about what the next one will
     *     take; null if none is remembered
     */
    public record OnTrigger(@Nullable Reason reason, @Nullable Double lastSeconds) {}

    @POST
    @Path("job/trigger")
    @RolesAllowed(Role.Id.OPERATOR)
    public Response trigger(byte[] body) {
        return ask(StageControl.Action.TRIGGER, body);
    }

    @POST
    @Path("job/pause")
    @RolesAllowed(Role.Id.OPERATOR)
    public Response pause(byte[] body) {
        return ask(StageControl.Action.PAUSE, body);
    }

    @POST
    @Path("job/resume")
    @RolesAllowed(Role.Id.OPERATOR)
    public Response resume(byte[] body) {
        return ask(StageControl.Action.RESUME, body);
    }

    @POST
    @Path("job/cancel")
    @RolesAllowed(Role.Id.OPERATOR)
    public Response cancel(byte[] body) {
        return ask(StageControl.Action.CANCEL, body);
    }

    /** A body is welcome and not needed, so whatever type a client says that an empty one has is as good. */
    private Response ask(StageControl.Action action, byte[] body) {
        StageControl.Asked asked;
        try {
            Request request = body.length == 0 ? null : json.readValue(body, Request.class);
            asked = new StageControl.Asked(
                    action,
                    given(caller.named(request == null ? null : request.by())),
                    given(request == null ? null : request.reason()));
        } catch (InvalidInputException e) {
            return Refusal.of(Response.Status.BAD_REQUEST, e.reason());
        } catch (JsonProcessingException e) {
            throw ReadableBody.refused(e);
        } catch (IOException e) {
            throw new UncheckedIOException("bytes in memory cannot be read", e);
        }
        if (action == StageControl.Action.TRIGGER) {
            tracing.asksForRun();
        }
        control.ask(asked);
        return Response.accepted(control.status()).build();
    }

    /** A field that was left empty was not given. */
    private static @Nullable String given(@Nullable String text) {
        return text == null || text.isBlank() ? null : text.strip();
    }
}
