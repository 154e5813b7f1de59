package io.alignstream.rlhf.rollouts;

import io.alignstream.contracts.access.Role;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.network.RewardEnsemble;
import io.alignstream.stageruntime.web.Refusal;
import io.alignstream.stageruntime.web.Visitor;
import io.quarkus.qute.Location;
import io.quarkus.qute.Template;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Singleton;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What was rewarded, for people: the best and the worst answers of each iteration, and what was said before. */
@Path("rollouts")
@Produces(MediaType.APPLICATION_JSON)
@Singleton
public class RolloutsResource {

    private static final int MOST = 200;

    private final RolloutHistory history;
    private final Template page;

    RolloutsResource(RolloutHistory history, @Location("rollouts.html") Template page) {
        this.history = history;
        this.page = page;
    }

    @GET
    @Produces(MediaType.TEXT_HTML)
    @RolesAllowed(Role.Id.VIEWER)
    public Response page(@BeanParam Visitor visitor) {
        return visitor.page(page.instance());
    }

    /** The runs of which answers were kept, and their iterations. */
    @GET
    @Path("runs")
    @RolesAllowed(Role.Id.VIEWER)
    public List<RolloutHistory.Run> runs() throws IOException {
        return history.runs();
    }

    /**
     * The answers of an iteration; 404 if none were kept, 410 if what was kept is damaged, 400 if the reward model cannot read
     * them. Users may have typed what they answer, so they are for reviewers and operators. One at a time, however many ask: the
     * answers of many iterations are read for it, and a reward model.
     *
     * @param count of the best and of the worst, 1 to {@value #MOST}
     * @param reward run of a reward model that scores them again; null for none
     */
    @GET
    @Path("{run}/{iteration}")
    @RolesAllowed({Role.Id.REVIEWER, Role.Id.OPERATOR})
    public synchronized Response iteration(
            @PathParam("run") String run,
            @PathParam("iteration") long iteration,
            @QueryParam("count") @DefaultValue("20") int count,
            @QueryParam("reward") @Nullable String reward) {
        if (count < 1 || count > MOST) {
            return Refusal.of(
                    Response.Status.BAD_REQUEST,
                    Reason.of("refusal.rolloutCount").with("count", count).with("most", MOST));
        }
        try {
            return reward == null || reward.isBlank()
                    ? found(run, iteration, count, null)
                    : rescored(run, iteration, count, reward);
        } catch (InvalidInputException e) {
            return Refusal.of(Response.Status.BAD_REQUEST, e.reason());
        } catch (IOException e) {
            return Refusal.of(
                    Response.Status.GONE,
                    Reason.of("refusal.notReadable").with("detail", String.valueOf(e.getMessage())));
        }
    }

    private Response rescored(String run, long iteration, int count, String reward) throws IOException {
        Optional<RewardEnsemble> model = reward.matches(Manifest.NAME) && run.matches(Manifest.NAME)
                ? history.rewardModel(reward, run)
                : Optional.empty();
        if (model.isEmpty()) {
            return Refusal.of(
                    Response.Status.NOT_FOUND,
                    Reason.of("refusal.noRewardModel").with("run", reward));
        }
        try (RewardEnsemble judge = model.get()) {
            return found(run, iteration, count, judge);
        }
    }

    private Response found(String run, long iteration, int count, @Nullable RewardEnsemble judge) throws IOException {
        Optional<RolloutHistory.Iteration> found =
                run.matches(Manifest.NAME) ? history.iteration(run, iteration, count, judge) : Optional.empty();
        return found.map(shown -> Response.ok(shown).build())
                .orElseGet(() -> Refusal.of(
                        Response.Status.NOT_FOUND,
                        Reason.of("refusal.noRollouts").with("run", run).with("iteration", iteration)));
    }
}
