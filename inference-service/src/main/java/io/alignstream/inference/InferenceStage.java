package io.alignstream.inference;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.inference.feedback.FeedbackTally;
import io.alignstream.inference.feedback.HeldOutPrompts;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.stageruntime.Decision;
import io.alignstream.stageruntime.Question;
import io.alignstream.stageruntime.StageDefinition;
import io.alignstream.stageruntime.Subscriptions;
import io.alignstream.stageruntime.View;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Optional;

/**
 * Compares the release that should be served with the one that is.
 *
 * <p>The topic holds the newest verdict on each candidate. Served is the one whose approval is newest: a rejected candidate
 * changes nothing, one that is rolled back or withdrawn by a tombstone makes room for the approved one before it.
 */
@ApplicationScoped
public class InferenceStage implements StageDefinition {

    private final InferenceConfig config;
    private final ServedModel served;
    private final CheckpointStore store;
    private final FeedbackTally feedback;
    private final Releases releases;
    private final HeldOutPrompts heldOut;
    private final Question<Optional<String>> inService;

    InferenceStage(
            InferenceConfig config,
            ServedModel served,
            CheckpointStore store,
            FeedbackTally feedback,
            Releases releases,
            HeldOutPrompts heldOut) {
        this.config = config;
        this.served = served;
        this.store = store;
        this.feedback = feedback;
        this.releases = releases;
        this.heldOut = heldOut;
        this.inService = Question.eachTime(() -> served.current().map(LoadedModel::sha256));
    }

    @Override
    public Stage stage() {
        return Stage.INFERENCE;
    }

    @Override
    public void subscribe(Subscriptions subscriptions) {
        subscriptions.follow(Topic.MODEL_RELEASES, releases);
        subscriptions.followNewest(Topic.FEEDBACK, FeedbackTally.REMEMBERED, feedback);
        subscriptions.follow(Topic.PROMPTS, heldOut);
        subscriptions.ask(inService);
    }

    /** What gets no new requests is freed; to take another one in is a job. */
    @Override
    public void show(View view) {
        if (served.current().isEmpty()) {
            served.withdraw();
        }
    }

    @Override
    public Decision decide(View view, boolean triggered) {
        List<ModelRelease> approved = releases.approved(config.model());
        if (approved.isEmpty()) {
            return new Decision.Wait(Reason.of("inference.noRelease").with("model", config.model()));
        }
        String sha256 = approved.getFirst().reference().sha256();
        if (view.answer(inService).filter(sha256::equals).isPresent()) {
            return new Decision.Wait(Reason.of("inference.serving")
                    .with("model", config.model())
                    .with("release", sha256.substring(0, 12)));
        }
        return new Decision.Run(new LoadJob(approved, store, served, config));
    }
}
