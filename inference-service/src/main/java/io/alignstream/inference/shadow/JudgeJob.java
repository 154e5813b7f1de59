package io.alignstream.inference.shadow;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.ShadowAnswer;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.NativeMemory;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.network.Footprint;
import io.alignstream.languagemodel.network.RewardEnsemble;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.stageruntime.Job;
import io.alignstream.stageruntime.JobContext;
import io.alignstream.training.Lineage;
import io.alignstream.training.dataset.RankedAnswers;
import io.alignstream.training.memory.MemoryPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * Lets the judge of a release score what the release would have answered and what was answered, and publishes the scores; the
 * judge is in memory only meanwhile. Judging a pair again gives the same, so two instances that do so disturb nobody.
 */
public final class JudgeJob implements Job {

    private static final Logger LOG = Logger.getLogger(JudgeJob.class);

    private final ModelRelease release;
    private final List<ShadowAnswer> pairs;
    private final CheckpointStore store;
    private final ShadowTally tally;
    private final Besides besides;

    /**
     * What else takes memory meanwhile.
     *
     * @param models bytes of those that answer
     * @param retrieval bytes of what documents are searched with
     */
    public record Besides(long models, long retrieval) {}

    /**
     * A job for answers of {@code release}.
     *
     * @param pairs what is to be judged, at least one
     * @param tally hears of what cannot be judged
     */
    public JudgeJob(
            ModelRelease release, List<ShadowAnswer> pairs, CheckpointStore store, ShadowTally tally, Besides besides) {
        this.release = release;
        this.pairs = List.copyOf(pairs);
        this.store = store;
        this.tally = tally;
        this.besides = besides;
    }

    /** Each batch has its own: the oldest pair of the next one is another. */
    @Override
    public String run() {
        String oldest = Sha256.hex(pairs.getFirst().responseId()).substring(0, 8);
        return "judge-" + release.reference().shortSha256() + "-" + oldest;
    }

    @Override
    public Reason title() {
        return Reason.of("shadow.judge")
                .with("pairs", pairs.size())
                .with("release", release.reference().shortSha256());
    }

    @Override
    public void execute(JobContext context) throws IOException {
        Reference trained = store.manifest(release.reference()).parents().get(Lineage.REWARD);
        if (trained == null) {
            throw noJudge();
        }
        StoredCheckpoint checkpoint = store.open(trained);
        if (!Files.isRegularFile(checkpoint.folder().resolve(RewardModel.JUDGE_FILE))) {
            throw noJudge();
        }
        requireRoom(checkpoint, context);
        try (RewardEnsemble judge = RewardEnsemble.loadJudge(checkpoint.folder(), RewardEnsemble.Combination.MEAN)) {
            judge(judge, Tokenizer.load(checkpoint.folder()), trained, context);
        } finally {
            NativeMemory.trim();
        }
    }

    private InvalidInputException noJudge() {
        return new InvalidInputException(
                Reason.of("shadow.noJudge").with("release", release.reference().shortSha256()));
    }

    private void requireRoom(StoredCheckpoint checkpoint, JobContext context) throws IOException {
        Footprint judge = Footprint.of(TransformerConfig.load(checkpoint.folder()));
        int members = RewardEnsemble.Index.read(checkpoint.folder()).judge().size();
        MemoryPlan plan = MemoryPlan.of(Map.of(
                MemoryPlan.Part.FROZEN,
                besides.models + members * judge.weights(),
                MemoryPlan.Part.RETRIEVAL,
                besides.retrieval,
                MemoryPlan.Part.WORKSPACE,
                judge.workspace(TransformerConfig.load(checkpoint.folder()).maxPositions()),
                MemoryPlan.Part.FILES,
                judge.weights()));
        context.planned(plan);
        if (!plan.fits()) {
            throw new InvalidInputException(
                    Reason.of("shadow.noRoom").with("needed", plan.bytes()).with("available", plan.available()));
        }
    }

    private void judge(RewardEnsemble judge, Tokenizer tokenizer, Reference trained, JobContext context) {
        for (int i = 0; i < pairs.size() && !context.stopRequested(); i++) {
            ShadowAnswer pair = pairs.get(i);
            Optional<List<int[]>> rows = rows(pair, tokenizer, judge.maxPositions());
            if (rows.isEmpty()) {
                tally.leave(pair.responseId());
            } else {
                double[] scores = judge.scores(rows.get());
                context.publish(
                        Topic.SHADOW_ANSWERS,
                        pair.judged(new ShadowAnswer.Judgement(trained.sha256(), scores[0], scores[1])));
            }
            context.progress("compare", i + 1L, pairs.size(), Map.of());
        }
    }

    /** What was answered and what would have been; empty if the judge cannot read one of them. */
    private static Optional<List<int[]>> rows(ShadowAnswer pair, Tokenizer tokenizer, int positions) {
        try {
            List<int[]> rows = Stream.of(pair.served(), pair.shadow())
                    .map(answer -> RankedAnswers.answered(tokenizer, pair.messages(), answer.text(), answer.truncated())
                            .ids())
                    .toList();
            return Optional.of(rows).filter(both -> both.stream().allMatch(row -> row.length <= positions));
        } catch (InvalidInputException e) {
            LOG.debugf("Nobody judges the answer to %s: %s", pair.responseId(), e.getMessage());
            return Optional.empty();
        }
    }
}
