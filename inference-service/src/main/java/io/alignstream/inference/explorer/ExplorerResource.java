package io.alignstream.inference.explorer;

import io.alignstream.contracts.access.Role;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.access.AuditLog;
import io.alignstream.stageruntime.access.Caller;
import io.alignstream.stageruntime.web.Refusal;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * {@code /v1/explorer}: what the models behind the served release show when one looks into them.
 *
 * <p>Every call is bounded, changes nothing and is answered one after the other: 429 while too many wait, 404 for a version
 * that the release was not made from, 410 for one whose files were removed, 409 for one that is too large to look into,
 * 503 while nothing is served.
 */
@Path("/v1/explorer")
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class ExplorerResource {

    private final ExplorerModels models;
    private final PronounMeasure pronouns;

    ExplorerResource(ExplorerModels models, PronounMeasure pronouns) {
        this.models = models;
        this.pronouns = pronouns;
    }

    /**
     * A model that can be asked for.
     *
     * @param run the run that made it; null if the served release has no such parent
     * @param removed whether its files were removed, so that it cannot be looked into
     */
    record Model(Version version, @Nullable String run, @Nullable String sha256, boolean removed) {}

    /** The three versions and the masked model, whether they are there or not. */
    @GET
    @Path("versions")
    @RolesAllowed(Role.Id.CLIENT)
    public Response versions() {
        return answer(() -> {
            Map<Version, ExplorerModels.Found> found = models.versions();
            return Arrays.stream(Version.values())
                    .map(version -> {
                        ExplorerModels.Found one = found.get(version);
                        return one == null
                                ? new Model(version, null, null, false)
                                : new Model(version, one.run(), one.reference().sha256(), one.removed());
                    })
                    .toList();
        });
    }

    /** How probable each candidate is as the whole answer: {@link Answers.Candidates}. */
    @POST
    @Path("candidates")
    @RolesAllowed(Role.Id.CLIENT)
    public Response candidates(Questions.@Nullable Candidates question, @Context RoutingContext call) {
        return looked(call, question, Questions.Candidates::version, Answers::candidates);
    }

    /** What comes next: {@link Answers.Next}. */
    @POST
    @Path("next")
    @RolesAllowed(Role.Id.CLIENT)
    public Response next(Questions.@Nullable Next question, @Context RoutingContext call) {
        return looked(call, question, Questions.Next::version, Answers::next);
    }

    /** What may stand in a text's blanks, from both sides and from the left alone: {@link Answers.Blanks}. */
    @POST
    @Path("blanks")
    @RolesAllowed(Role.Id.CLIENT)
    public Response blanks(Questions.@Nullable Blanks question, @Context RoutingContext call) {
        AuditLog.leaveOut(call);
        return answer(() -> {
            List<String> pieces = Questions.pieces(asked(question).text());
            String client = Caller.of(call);
            List<List<Answers.Filling>> both =
                    models.ask(client, Version.MASKED, model -> Answers.fillings(model, pieces));
            ExplorerModels.Found base = models.versions().get(Version.BASE);
            List<List<Answers.Filling>> left = base == null || base.removed()
                    ? null
                    : models.ask(client, Version.BASE, model -> Answers.fillings(model, pieces));
            return new Answers.Blanks(
                    pieces,
                    IntStream.range(0, both.size())
                            .mapToObj(
                                    blank -> new Answers.Blank(both.get(blank), left == null ? null : left.get(blank)))
                            .toList());
        });
    }

    /** What the heads of a layer take from where: {@link Answers.Attention}. */
    @POST
    @Path("attention")
    @RolesAllowed(Role.Id.CLIENT)
    public Response attention(Questions.@Nullable Attention question, @Context RoutingContext call) {
        return looked(call, question, Questions.Attention::version, Answers::attention);
    }

    /** The tokens nearest to words that are added and subtracted: {@link Answers.Neighbours}. */
    @POST
    @Path("neighbours")
    @RolesAllowed(Role.Id.CLIENT)
    public Response neighbours(Questions.@Nullable Words question, @Context RoutingContext call) {
        return looked(call, question, Questions.Words::version, Answers::neighbours);
    }

    /** A word in texts that mean two things by it: {@link Answers.Contexts}. */
    @POST
    @Path("contexts")
    @RolesAllowed(Role.Id.CLIENT)
    public Response contexts(Questions.@Nullable Contexts question, @Context RoutingContext call) {
        return looked(call, question, Questions.Contexts::version, Answers::contexts);
    }

    /** Begins to measure what heads know of pronouns, unless that is done: {@link PronounMeasure.State}. */
    @POST
    @Path("pronouns")
    @RolesAllowed(Role.Id.CLIENT)
    public Response measure(Questions.@Nullable Pronouns question, @Context RoutingContext call) {
        AuditLog.leaveOut(call);
        return answer(() -> {
            Questions.Pronouns asked = asked(question);
            return pronouns.state(
                    Version.of(asked.version()),
                    Questions.text("language", asked.language(), Questions.LONGEST_WORD),
                    true);
        });
    }

    /** How far that is. */
    @GET
    @Path("pronouns")
    @RolesAllowed(Role.Id.CLIENT)
    public Response measured(
            @QueryParam("version") @DefaultValue("") String version,
            @QueryParam("language") @DefaultValue("") String language) {
        return answer(() -> pronouns.state(Version.of(version), language, false));
    }

    private <Q, A> Response looked(
            RoutingContext call,
            @Nullable Q question,
            Function<Q, @Nullable String> version,
            BiFunction<ExploredModel, Q, A> look) {
        AuditLog.leaveOut(call);
        return answer(() -> {
            Q asked = asked(question);
            return models.ask(Caller.of(call), Version.of(version.apply(asked)), model -> look.apply(model, asked));
        });
    }

    private static <Q> Q asked(@Nullable Q question) {
        if (question == null) {
            throw new InvalidInputException(Reason.of("api.noObject"));
        }
        return question;
    }

    private static Response answer(Supplier<?> answer) {
        try {
            return Response.ok(answer.get()).build();
        } catch (ExplorerException e) {
            Response refusal = Refusal.of(e.status(), e.reason());
            return List.of(Response.Status.TOO_MANY_REQUESTS, Response.Status.SERVICE_UNAVAILABLE)
                            .contains(e.status())
                    ? Response.fromResponse(refusal).header("Retry-After", 1).build()
                    : refusal;
        } catch (InvalidInputException e) {
            return Refusal.of(Response.Status.BAD_REQUEST, e.reason());
        }
    }
}
