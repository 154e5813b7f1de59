package io.alignstream.inference;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.NativeMemory;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.generation.Engine;
import io.alignstream.languagemodel.generation.NotFiniteException;
import io.alignstream.languagemodel.generation.PreparedWeights;
import io.alignstream.languagemodel.generation.TextRequest;
import io.alignstream.languagemodel.generation.TokenSampler;
import io.alignstream.languagemodel.generation.WeightFormat;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.stageruntime.Job;
import io.alignstream.stageruntime.JobContext;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;

/**
 * Takes a release into service: opens and checks its checkpoint, loads it, lets it answer once, swaps it in.
 *
 * <p>If that fails and nothing is served, as after a restart or a rollback, the newest older release that can be served is better than
 * none.
 */
final class LoadJob implements Job {

    private static final Logger LOG = Logger.getLogger(LoadJob.class);
    private static final int STEPS = 4;
    private static final int WARM_UP_TOKENS = 4;

    private final ModelRelease release;
    private final List<ModelRelease> older;
    private final CheckpointStore store;
    private final ServedModel served;
    private final InferenceConfig config;

    /** A job for the first of {@code approved}, which stand newest first. */
    LoadJob(List<ModelRelease> approved, CheckpointStore store, ServedModel served, InferenceConfig config) {
        this.release = approved.getFirst();
        this.older = approved.subList(1, approved.size());
        this.store = store;
        this.served = served;
        this.config = config;
    }

    @Override
    public String run() {
        return release.reference().sha256().substring(0, 12);
    }

    @Override
    public Reason title() {
        return Reason.of("inference.load").with("release", run()).with("model", release.model());
    }

    @Override
    public void execute(JobContext context) throws Exception {
        try {
            LoadedModel model = load(release, context);
            served.swap(model);
            context.progress("load", STEPS, STEPS, Map.of());
        } catch (IOException | RuntimeException e) {
            fallBack(context);
            throw e;
        }
    }

    private LoadedModel load(ModelRelease wanted, JobContext context) throws IOException {
        context.progress("load", 0, STEPS, Map.of());
        StoredCheckpoint checkpoint = store.open(wanted.reference());
        context.progress("load", 1, STEPS, Map.of());
        Tokenizer tokenizer = Tokenizer.load(checkpoint.folder());
        PreparedWeights weights;
        try (Transformer network = Transformer.load(checkpoint.folder())) {
            weights = new PreparedWeights(network, WeightFormat.of(config.weights()));
        } finally {
            NativeMemory.trim();
        }
        try {
            LoadedModel model = new LoadedModel(
                    wanted, weights, tokenizer, capacity(weights.config().maxPositions()));
            context.progress("load", 2, STEPS, Map.of());
            warmUp(model);
            context.progress("load", 3, STEPS, Map.of());
            return model;
        } catch (RuntimeException e) {
            weights.close();
            throw e;
        }
    }

    /** A model that cannot answer fails here and not at its first user's. */
    private static void warmUp(LoadedModel model) {
        int[] prompt = ChatTemplate.prompt(model.tokenizer(), List.of(Message.user("Hi")));
        int room = model.positions() - prompt.length;
        if (room < 1) {
            throw new InvalidInputException(Reason.of("inference.tooShort").with("positions", model.positions()));
        }
        int length = Math.min(WARM_UP_TOKENS, room);
        Engine engine = model.engine();
        engine.start(new TextRequest(prompt, length, TokenSampler.atTemperature(0), () -> 0));
        while (engine.active() > 0) {
            for (Engine.Written written : engine.step()) {
                if (!written.token().isFinite()) {
                    throw new NotFiniteException();
                }
            }
        }
    }

    private Engine.Capacity capacity(int positions) {
        return new Engine.Capacity(
                config.concurrentRequests(), Math.max(config.cacheTokens(), positions), config.promptTokens());
    }

    private void fallBack(JobContext context) {
        for (ModelRelease candidate : older) {
            if (served.current().isPresent()) {
                return;
            }
            try {
                served.swap(load(candidate, context));
                LOG.warnf(
                        "Release %s cannot be served; the older %s is",
                        run(), candidate.reference().sha256().substring(0, 12));
            } catch (IOException | RuntimeException e) {
                LOG.warnf(
                        "The older release %s cannot be served, either: %s",
                        candidate.reference().sha256().substring(0, 12), e);
            }
        }
    }
}
