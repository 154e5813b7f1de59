package io.alignstream.stageruntime.web;

import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.JobControl;
import io.alignstream.stageruntime.JobStatus;
import io.alignstream.stageruntime.kafka.DeadLetters;
import io.alignstream.training.memory.MemoryPlan;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The stage's job: where it stands, and a person's hand on it. */
@Path("/")
@Produces(MediaType.APPLICATION_JSON)
public class JobResource {

    private final JobControl control;
    private final DeadLetters deadLetters;

    JobResource(JobControl control, DeadLetters deadLetters) {
        this.control = control;
        this.deadLetters = deadLetters;
    }

    @GET
    @Path("job")
    public JobStatus job() {
        return control.status();
    }

    /** What the running or last job needs of memory and what there was before it started; 404 while that is not known. */
    @GET
    @Path("job/plan")
    public Response plan() {
        MemoryPlan plan = control.status().memory();
        return plan == null
                ? Refusal.of(Response.Status.NOT_FOUND, Reason.of("job.noPlan"))
                : Response.ok(plan).build();
    }

    /** The charts: {@code {"run": …, "loss": [[step, value], …], …}}. */
    @GET
    @Path("job/series")
    public Map<String, Object> series() {
        JobControl.Charts charts = control.charts();
        Map<String, Object> series = new LinkedHashMap<>();
        series.put("run", charts.run());
        series.putAll(charts.metrics());
        return series;
    }

    @POST
    @Path("job/trigger")
    public Response trigger() {
        control.trigger();
        return accepted();
    }

    @POST
    @Path("job/pause")
    public Response pause() {
        control.pause();
        return accepted();
    }

    @POST
    @Path("job/resume")
    public Response resume() {
        control.resume();
        return accepted();
    }

    @POST
    @Path("job/cancel")
    public Response cancel() {
        control.cancel();
        return accepted();
    }

    /** Poison events of the followed topics seen since start-up, newest first. */
    @GET
    @Path("dead-letters")
    public List<DeadLetters.PoisonEvent> deadLetters() {
        return deadLetters.recent();
    }

    private Response accepted() {
        return Response.accepted(control.status()).build();
    }
}
