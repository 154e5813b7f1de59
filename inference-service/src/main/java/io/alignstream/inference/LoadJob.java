package io.alignstream.inference;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.NativeMemory;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.generation.Engine;
import io.alignstream.languagemodel.generation.PreparedWeights;
import io.alignstream.languagemodel.generation.WeightFormat;
import io.alignstream.languagemodel.network.Footprint;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.stageruntime.Job;
import io.alignstream.stageruntime.JobContext;
import io.alignstream.training.memory.MemoryPlan;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Takes a release into memory, beside those that answer meanwhile: opens its checkpoint, loads it, checks it on built-in
 * questions, swaps it in. One that fails the check is rejected on {@code model-releases}: no instance tries it again.
 *
 * <p>If that fails and nothing is served, as after a restart or a rollback, the newest older release that can be served is better than
 * none.
 */
final class LoadJob implements Job {

    private static final Logger LOG = Logger.getLogger(LoadJob.class);
    private static final int STEPS = 4;

    private final ModelRelease release;
    private final List<ModelRelease> older;
    private final boolean spare;
    private final CheckpointStore store;
    private final ServedModel served;
    private final InferenceConfig config;
    private final long besides;

    /**
     * A job for {@code release}.
     *
     * @param older what is better than nothing, newest first
     * @param spare whether it gets no requests yet: then it is left alone if there is no room for it
     * @param besides bytes of native memory that finding passages takes, whatever is loaded
     */
    LoadJob(
            ModelRelease release,
            List<ModelRelease> older,
            boolean spare,
            CheckpointStore store,
            ServedModel served,
            InferenceConfig config,
            long besides) {
        this.release = release;
        this.older = List.copyOf(older);
        this.spare = spare;
        this.store = store;
        this.served = served;
        this.config = config;
        this.besides = besides;
    }

    @Override
    public String run() {
        return release.reference().shortSha256();
    }

    @Override
    public Reason title() {
        return Reason.of("inference.load").with("release", run()).with("model", release.model());
    }

    @Override
    public void execute(JobContext context) throws Exception {
        try {
            load(release, context);
            context.progress("load", STEPS, STEPS, Map.of());
        } catch (IOException | RuntimeException e) {
            fallBack(context);
            throw e;
        }
    }

    private void load(ModelRelease wanted, JobContext context) throws IOException {
        context.progress("load", 0, STEPS, Map.of());
        if (spare && store.removed(wanted.reference()).isPresent()) {
            served.leaveOut(wanted);
            return;
        }
        StoredCheckpoint checkpoint = store.open(wanted.reference());
        context.progress("load", 1, STEPS, Map.of());
        TransformerConfig network = TransformerConfig.load(checkpoint.folder());
        if (!roomFor(network, context)) {
            return;
        }
        LoadedModel model = loaded(wanted, checkpoint, capacity(network.maxPositions()), context);
        context.progress("load", 2, STEPS, Map.of());
        Optional<Reason> fault;
        try {
            fault = ModelCheck.fault(model);
        } catch (RuntimeException e) {
            model.giveBack();
            throw e;
        }
        if (fault.isPresent()) {
            model.giveBack();
            throw refusal(wanted, fault.get(), context);
        }
        context.progress("load", 3, STEPS, Map.of());
        served.swap(model);
    }

    private LoadedModel loaded(
            ModelRelease wanted, StoredCheckpoint checkpoint, Engine.Capacity capacity, JobContext context)
            throws IOException {
        Tokenizer tokenizer = Tokenizer.load(checkpoint.folder());
        PreparedWeights weights;
        try {
            weights = PreparedWeights.load(checkpoint.folder(), WeightFormat.of(config.weights()));
        } finally {
            NativeMemory.trim();
        }
        try {
            return new LoadedModel(wanted, weights, tokenizer, capacity);
        } catch (InvalidInputException e) {
            weights.close();
            throw refusal(wanted, e.reason(), context);
        } catch (RuntimeException e) {
            weights.close();
            throw e;
        }
    }

    /** Says on the topic that {@code wanted} cannot answer, unless it is not to be served any more anyway. */
    private InvalidInputException refusal(ModelRelease wanted, Reason fault, JobContext context) {
        Reason why = Reason.of("inference.refused")
                .with("release", wanted.reference().shortSha256())
                .with("fault", fault);
        if (served.approves(wanted)) {
            context.publish(Topic.MODEL_RELEASES, wanted.refused(Stage.INFERENCE.service(), why));
        }
        return new InvalidInputException(why);
    }

    private Engine.Capacity capacity(int positions) {
        return new Engine.Capacity(
                config.concurrentRequests(),
                Math.max(config.cacheTokens(), positions),
                config.promptTokens(),
                config.speculativeTokens());
    }

    /**
     * Whether there is room for one more model, made by giving back what is only kept warm where it has to be, and by waiting for
     * the end of answers of models that are given back. While nothing is served it is tried in any case.
     *
     * @throws InvalidInputException if the model would get requests and there is no room
     */
    private boolean roomFor(TransformerConfig network, JobContext context) {
        MemoryPlan plan = plan(network);
        if (!plan.fits()) {
            if (!spare) {
                served.dropWarm();
            }
            served.awaitRoom(() -> plan(network).fits() || context.stopRequested());
            if (context.stopRequested()) {
                return false;
            }
            plan = plan(network);
        }
        context.planned(plan);
        if (plan.fits() || served.current().isEmpty()) {
            return true;
        }
        if (spare) {
            LOG.infof("Release %s is not kept in memory: there is no room for it", run());
            served.leaveOut(release);
            return false;
        }
        throw new InvalidInputException(Reason.of("inference.noRoom")
                .with("needed", gibibytes(plan.bytes()))
                .with("available", gibibytes(plan.available())));
    }

    private MemoryPlan plan(TransformerConfig network) {
        Footprint block = Footprint.of(
                network.withLayers(1)); // one after the other is prepared, embedding and output with the first
        long model = LoadedModel.bytes(
                network,
                WeightFormat.of(config.weights()),
                capacity(network.maxPositions()).tokens());
        return MemoryPlan.of(Map.of(
                MemoryPlan.Part.FROZEN,
                served.bytes() + model,
                MemoryPlan.Part.PREPARED,
                block.weights() + block.prepared(Precision.FLOAT32),
                MemoryPlan.Part.FILES,
                Footprint.of(network).weights(),
                MemoryPlan.Part.RETRIEVAL,
                besides));
    }

    private static String gibibytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f", bytes / (double) (1L << 30));
    }

    private void fallBack(JobContext context) {
        for (ModelRelease candidate : older) {
            if (served.current().isPresent()) {
                return;
            }
            try {
                load(candidate, context);
                LOG.warnf(
                        "Release %s cannot be served; the older %s is",
                        run(), candidate.reference().shortSha256());
            } catch (IOException | RuntimeException e) {
                LOG.warnf(
                        "The older release %s cannot be served, either: %s",
                        candidate.reference().shortSha256(), e);
            }
        }
    }
}
