package io.alignstream.inference;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.ShadowAnswer;
import io.alignstream.contracts.access.Role;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.inference.feedback.FeedbackTally;
import io.alignstream.inference.feedback.HeldOutPrompts;
import io.alignstream.inference.retrieval.Retrieval;
import io.alignstream.inference.retrieval.RetrievalStatus;
import io.alignstream.inference.shadow.ShadowTally;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What is served, for the dashboard and the chat page. */
@Path("/served")
@Produces(MediaType.APPLICATION_JSON)
public class InferenceResource {

    private final InferenceConfig config;
    private final ServedModel served;
    private final FeedbackTally feedback;
    private final HeldOutPrompts prompts;
    private final ShadowTally shadows;
    private final Retrieval retrieval;

    InferenceResource(
            InferenceConfig config,
            ServedModel served,
            FeedbackTally feedback,
            HeldOutPrompts prompts,
            ShadowTally shadows,
            Retrieval retrieval) {
        this.retrieval = retrieval;
        this.config = config;
        this.served = served;
        this.feedback = feedback;
        this.prompts = prompts;
        this.shadows = shadows;
    }

    /**
     * The served release; without one all fields but {@code model} are empty.
     *
     * @param decidedBy who approved it; null where the gate did
     * @param since when it was taken into service
     * @param positions most tokens of conversation and answer together
     * @param figures what the gate measured
     * @param feedback what its users said
     * @param examples what one may ask it: some of the prompts that it learned to answer, a few words each
     * @param names each name that is served and the sha256 of the checkpoint that it stands for now
     * @param trial whether the newest release is on trial
     * @param shadows how what releases on trial would have answered compares with what was answered
     * @param retrieval how far the documents are indexed that answers may be grounded in; null where that is switched off
     */
    public record Served(
            String model,
            @Nullable String sha256,
            @Nullable String run,
            @Nullable String uri,
            @Nullable Instant since,
            int positions,
            ModelRelease.@Nullable Verdict verdict,
            @Nullable String decidedBy,
            @Nullable Reason reason,
            Map<String, Double> figures,
            FeedbackTally.Thumbs feedback,
            List<String> examples,
            Map<String, String> names,
            boolean trial,
            List<ShadowTally.Comparison> shadows,
            @Nullable RetrievalStatus retrieval) {}

    /** The newest pairs that are judged, for those who may see what people ask. */
    @GET
    @Path("shadow-answers")
    @RolesAllowed(Role.Id.OPERATOR)
    public List<ShadowAnswer> shadowAnswers() {
        return shadows.newest();
    }

    @GET
    @RolesAllowed({Role.Id.CLIENT, Role.Id.VIEWER})
    public Served served() {
        return served.current()
                .map(this::describe)
                .orElseGet(() -> new Served(
                        config.model(),
                        null,
                        null,
                        null,
                        null,
                        0,
                        null,
                        null,
                        null,
                        Map.of(),
                        FeedbackTally.Thumbs.NONE,
                        List.of(),
                        Map.of(),
                        false,
                        List.of(),
                        retrieval.status().orElse(null)));
    }

    private Served describe(LoadedModel model) {
        ModelRelease release = model.release();
        return new Served(
                release.model(),
                model.sha256(),
                release.run(),
                release.reference().uri().toString(),
                model.loadedAt(),
                model.positions(),
                release.verdict(),
                release.decidedBy(),
                release.why(),
                new TreeMap<>(release.figures()),
                feedback.of(model.sha256()),
                prompts.examples(),
                names(),
                served.onTrial(),
                shadows.comparisons(),
                retrieval.status().orElse(null));
    }

    private Map<String, String> names() {
        Map<String, String> names = new LinkedHashMap<>();
        served.names().forEach((name, model) -> names.put(name, model.sha256()));
        return names;
    }
}
