package io.alignstream.inference;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.ShadowAnswer;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.inference.feedback.FeedbackTally;
import io.alignstream.inference.feedback.HeldOutPrompts;
import io.alignstream.inference.retrieval.Retrieval;
import io.alignstream.inference.retrieval.RetrievalConfig;
import io.alignstream.inference.shadow.JudgeJob;
import io.alignstream.inference.shadow.ShadowTally;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.stageruntime.Decision;
import io.alignstream.stageruntime.Question;
import io.alignstream.stageruntime.StageDefinition;
import io.alignstream.stageruntime.Subscriptions;
import io.alignstream.stageruntime.View;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Compares the release that should be served with the one that is.
 *
 * <p>The topic holds the newest verdict on each candidate. Served is the one whose approval is newest, and while that is on
 * trial the one before it, too: a rejected candidate changes nothing, one that is rolled back or withdrawn by a tombstone
 * makes room for the approved one before it. Then come those that are only kept warm.
 */
@ApplicationScoped
public class InferenceStage implements StageDefinition {

    /** So many pairs are judged together, or what there is when no more have come for a while. */
    static final int PAIRS = 32;

    static final Duration QUIET = Duration.ofSeconds(30);

    private final InferenceConfig config;
    private final ServedModel served;
    private final CheckpointStore store;
    private final FeedbackTally feedback;
    private final Releases releases;
    private final HeldOutPrompts heldOut;
    private final ShadowTally shadows;
    private final RetrievalConfig retrieval;
    private final Question<ServedModel.InMemory> inMemory;

    InferenceStage(
            InferenceConfig config,
            ServedModel served,
            CheckpointStore store,
            FeedbackTally feedback,
            Releases releases,
            HeldOutPrompts heldOut,
            ShadowTally shadows,
            RetrievalConfig retrieval) {
        this.retrieval = retrieval;
        this.config = config;
        this.served = served;
        this.store = store;
        this.feedback = feedback;
        this.releases = releases;
        this.heldOut = heldOut;
        this.shadows = shadows;
        this.inMemory = Question.eachTime(served::inMemory);
    }

    @Override
    public Stage stage() {
        return Stage.INFERENCE;
    }

    @Override
    public void subscribe(Subscriptions subscriptions) {
        subscriptions.follow(Topic.MODEL_RELEASES, releases);
        subscriptions.followNewest(Topic.FEEDBACK, FeedbackTally.REMEMBERED, feedback);
        subscriptions.followNewest(Topic.SHADOW_ANSWERS, 2 * ShadowTally.REMEMBERED, shadows);
        subscriptions.follow(Topic.PROMPTS, heldOut);
        subscriptions.ask(inMemory);
    }

    /** What gets no new requests is freed, or kept warm; to take another one in is a job. */
    @Override
    public void show(View view) {
        served.dropUnneeded();
        shadows.leaveAllBut(releases.known().keySet());
    }

    @Override
    public Decision decide(View view, boolean triggered) {
        Versions versions = releases.versions(config.model(), config.canary().duration(), Instant.now());
        if (versions.approved().isEmpty()) {
            return new Decision.Wait(Reason.of("inference.noRelease").with("model", config.model()));
        }
        ServedModel.InMemory held = view.answer(inMemory);
        List<ModelRelease> missing = versions.inService().stream()
                .filter(release -> !held.holds(release))
                .toList();
        Optional<ModelRelease> due = missing.stream()
                .filter(release -> triggered || !isAbandoned(release, view))
                .findFirst();
        if (due.isPresent()) {
            return load(due.get(), versions, false);
        }
        Optional<ModelRelease> spare = versions.approved().stream()
                .filter(release -> !isAbandoned(release, view))
                .limit(config.warmVersions())
                .filter(release -> !held.holds(release) && !held.leavesOut(release))
                .findFirst();
        if (spare.isPresent()) {
            return load(spare.get(), versions, true);
        }
        if (!missing.isEmpty()) {
            return load(missing.getFirst(), versions, false); // its failure stays in sight
        }
        return judge(view)
                .orElseGet(() -> new Decision.Wait(Reason.of("inference.serving")
                        .with("model", config.model())
                        .with(
                                "release",
                                versions.approved().getFirst().reference().shortSha256())));
    }

    /** What nobody was shown is judged in batches: the judge is loaded for each. Also of what was rolled back meanwhile. */
    private Optional<Decision> judge(View view) {
        JudgeJob.Besides besides = new JudgeJob.Besides(served.bytes(), Retrieval.nativeBytes(retrieval));
        for (ModelRelease release : releases.known().values()) {
            List<ShadowAnswer> pairs = shadows.waiting(release.reference().sha256());
            if (pairs.isEmpty()) {
                continue;
            }
            List<ShadowAnswer> oldest = pairs.subList(0, Math.min(PAIRS, pairs.size()));
            JudgeJob job = new JudgeJob(release, oldest, store, shadows, besides);
            if (view.abandoned().contains(job.run())) {
                continue;
            }
            Duration quiet = view.quietFor(Topic.SHADOW_ANSWERS);
            return Optional.of(
                    pairs.size() >= PAIRS || quiet.compareTo(QUIET) >= 0
                            ? new Decision.Run(job)
                            : new Decision.WaitFor(
                                    Reason.of("shadow.waits").with("pairs", pairs.size()), QUIET.minus(quiet)));
        }
        return Optional.empty();
    }

    private static boolean isAbandoned(ModelRelease release, View view) {
        return view.abandoned().contains(release.reference().shortSha256());
    }

    private Decision load(ModelRelease release, Versions versions, boolean spare) {
        List<ModelRelease> approved = versions.approved();
        List<ModelRelease> older = approved.subList(approved.indexOf(release) + 1, approved.size());
        return new Decision.Run(
                new LoadJob(release, older, spare, store, served, config, Retrieval.nativeBytes(retrieval)));
    }
}
